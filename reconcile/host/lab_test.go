//go:build linux

package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// must is what a test and a rapid check have in common.
type must interface {
	Helper()
	Fatalf(string, ...any)
}

// sh runs commands of the machine, one a line; a line that begins with - may fail.
func sh(t must, script string) string {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		may := strings.HasPrefix(line, "-")
		args := strings.Fields(strings.TrimPrefix(line, "-"))
		if len(args) == 0 {
			continue
		}
		b, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil && !may {
			t.Fatalf("%s: %v: %s", line, err, b)
		}
		out.Write(b)
	}
	return out.String()
}

// batch runs many ip commands in one process.
func batch(t must, lines ...string) {
	t.Helper()
	batchOf(t, "-4", lines...)
}

// batchOf runs many ip commands of a family in one process.
func batchOf(t must, family string, lines ...string) {
	t.Helper()
	cmd := exec.Command("ip", family, "-force", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ip -batch: %v: %s", err, b)
	}
}

// clean removes all links, rules and routes that a test has left.
func clean(t must) {
	t.Helper()
	for _, l := range ipJSON(t, "link") {
		if name := l["ifname"].(string); name != "lo" {
			exec.Command("ip", "link", "delete", name).Run() // a veth takes its peer along
		}
	}
	for _, family := range []string{"-4", "-6"} {
		for _, r := range ipFamily(t, family, "rule") {
			if p := int(r["priority"].(float64)); p != 0 && p < 32766 {
				exec.Command("ip", family, "rule", "delete", "priority", fmt.Sprint(p)).Run()
			}
		}
	}
	exec.Command("ip", "route", "flush", "table", "all", "dev", "lo", "proto", "static").Run()
	for _, kind := range []string{"unreachable", "blackhole", "prohibit", "throw"} { // of no link, with which they would go
		exec.Command("ip", "-4", "route", "flush", "table", "all", "type", kind).Run()
	}
	exec.Command("ip", "link", "set", "lo", "up").Run()
}

// ipJSON is what `ip -j -4 ...` says: the judge of all tests here.
func ipJSON(t must, args ...string) (out []map[string]any) {
	t.Helper()
	return ipFamily(t, "-4", args...)
}

// ipFamily is what `ip -j -4 ...` or `ip -j -6 ...` says.
func ipFamily(t must, family string, args ...string) (out []map[string]any) {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"-j", "-d", family, "-N"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil && !strings.Contains(stderr.String(), "does not exist") {
		t.Fatalf("ip %v: %v: %s", args, err, stderr.String())
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("ip %v: %v", args, err)
	}
	return out
}

// veth makes an interface of four queues with its other end up.
func veth(t must, name, mac string) {
	t.Helper()
	batch(t, fmt.Sprintf("link add %s numtxqueues 4 numrxqueues 4 address %s type veth peer name x%s numtxqueues 4 numrxqueues 4", name, mac, name),
		fmt.Sprintf("link set x%s up", name))
}

const (
	mac0 = "00:16:3e:0e:16:21"
	mac1 = "00:16:3e:12:e7:27"
	mac2 = "00:16:3e:12:16:ec"
)

// example makes the machine of document A 4.4: eth0 with the primary's address and
// default route, eth1 and eth2 plugged in and nothing more.
func example(t must) {
	t.Helper()
	clean(t)
	veth(t, "eth0", mac0)
	veth(t, "eth1", mac1)
	veth(t, "eth2", mac2)
	batch(t, "address add 10.0.0.19/24 dev eth0", "link set eth0 up", "route add default via 10.0.0.253 dev eth0")
}

// cloud is a cloud state in the making.
type cloud struct {
	host schema.HostSpec
	enis map[string]*eni
	inst schema.InstanceSpec
	more []*schema.Resource
}

type eni struct {
	spec   schema.ENISpec
	status schema.ENIStatus
}

// exampleCloud is the cloud state of document A 4.4.
func exampleCloud() *cloud {
	c := &cloud{enis: map[string]*eni{}, inst: schema.InstanceSpec{Type: "ecs.g5.large", Subnet: "web"}}
	c.host = schema.HostSpec{Instance: "web-1", Queues: schema.Queues{Unmanaged: true}}
	c.attach("web-1-b", mac1, 1, "10.0.0.20")
	c.attach("web-1-c", mac2, 2, "10.0.0.21")
	return c
}

// attach adds an attached ENI in subnet web.
func (c *cloud) attach(name, mac string, index int, addrs ...string) *eni {
	e := &eni{spec: schema.ENISpec{Subnet: "web"}, status: schema.ENIStatus{Phase: schema.PhaseInUse, MAC: mac, DeviceIndex: index, Instance: "web-1"}}
	for i, a := range addrs {
		if ip := netip.MustParseAddr(a); i == 0 {
			e.status.PrivateIP = ip
		} else {
			e.status.SecondaryIPs = append(e.status.SecondaryIPs, ip)
		}
	}
	c.enis[name] = e
	return e
}

func resource(kind schema.Kind, name string, spec schema.Spec, status schema.Status) *schema.Resource {
	return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Status: status}
}

// world answers the cloud state as the loop would hand it over.
func (c *cloud) world() *plan.World {
	w := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, 8)
	put := func(r *schema.Resource) { w.Put(r.Ref, r) }
	host, inst := c.host, c.inst
	put(resource(schema.KindAccount, "main", &schema.AccountSpec{Provider: schema.Alibaba}, nil))
	put(resource(schema.KindVPC, "prod", &schema.VPCSpec{Account: "main", Region: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/16"), IPv6CIDR: netip.MustParsePrefix("fd00:10::/56")}, nil))
	for i, name := range []string{"web", "db", "app"} {
		put(resource(schema.KindSubnet, name, &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a", CIDR: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", i)),
			IPv6CIDR: netip.MustParsePrefix(fmt.Sprintf("fd00:10:0:%d::/64", i)), IPv6Gateway: netip.MustParseAddr("fe80::1")}, nil))
	}
	put(resource(schema.KindInstance, "web-1", &inst, &schema.InstanceStatus{Phase: schema.PhaseRunning, MAC: mac0, PrivateIP: netip.MustParseAddr("10.0.0.19")}))
	put(resource(schema.KindHost, "web-1", &host, nil))
	for name, e := range c.enis {
		spec, status := e.spec, e.status
		put(resource(schema.KindENI, name, &spec, &status))
	}
	for _, r := range c.more {
		put(r)
	}
	return w
}

// open answers a Machine that is closed when the test ends. Files for the boot are
// in a folder of the test's, unless it names one.
func open(t testing.TB, opts Options) *Machine {
	t.Helper()
	if opts.Root == "" {
		opts.Root = t.TempDir()
	}
	m, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// turn converges and answers how it went.
func turn(t must, m *Machine, c *cloud) Result {
	t.Helper()
	res, err := m.Turn(context.Background(), c.world(), "web-1")
	if err != nil {
		t.Fatalf("turn: %v", err)
	}
	return res
}

// converge turns and wants everything to be so afterwards.
func converge(t must, m *Machine, c *cloud) Result {
	t.Helper()
	res := turn(t, m, c)
	if res.Condition != Converged {
		t.Fatalf("%s: %s\n%s", res.Condition, res.Message, stepTexts(res.Blocked))
	}
	return res
}

// again turns once more and wants nothing to be done.
func again(t must, m *Machine, c *cloud) {
	t.Helper()
	if res := turn(t, m, c); len(res.Done) > 0 || res.Drifted > 0 {
		t.Fatalf("the second turn did\n%s", stepTexts(res.Done))
	}
}

func stepTexts(steps []*plan.HostStep) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "  %s %s: %s\n", s.Operation, s.Target, s.Command)
		for _, x := range s.BlockedBy {
			fmt.Fprintf(&b, "    [%s] %s; %s\n", x.Rule, x.Detail, x.Remedy)
		}
	}
	return b.String()
}

// lines answers the trimmed lines of a command's output, sorted.
func lines(t must, command string) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(sh(t, command)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// routesOf6 and rulesOf6 are routesOf and rulesOf of IPv6, but for what the kernel
// itself has there.
func routesOf6(t must, table string) []string {
	t.Helper()
	out := lines(t, "-ip -6 route show table "+table)
	return slices.DeleteFunc(out, func(l string) bool {
		return strings.Contains(l, "FIB table does not exist") || l == "Dump terminated" || strings.Contains(l, "proto kernel")
	})
}

func rulesOf6(t must) []string {
	t.Helper()
	return slices.DeleteFunc(lines(t, "ip -6 rule show"), func(l string) bool {
		return strings.HasPrefix(l, "0:") || strings.HasPrefix(l, "32766:")
	})
}

// routesOf answers a table as `ip route` lists it; one that is not there is empty.
func routesOf(t must, table string) []string {
	t.Helper()
	out := lines(t, "-ip -4 route show table "+table)
	return slices.DeleteFunc(out, func(l string) bool { return strings.Contains(l, "FIB table does not exist") || l == "Dump terminated" })
}

// rulesOf answers the rules but for the kernel's three.
func rulesOf(t must) []string {
	t.Helper()
	return slices.DeleteFunc(lines(t, "ip -4 rule show"), func(l string) bool {
		return strings.HasPrefix(l, "0:") || strings.HasPrefix(l, "32766:") || strings.HasPrefix(l, "32767:")
	})
}

// blockedBy answers the rules of blocked steps, each once.
func blockedBy(steps []*plan.HostStep) (rules []string) {
	for _, s := range steps {
		for _, b := range s.BlockedBy {
			if !slices.Contains(rules, b.Rule) {
				rules = append(rules, b.Rule)
			}
		}
	}
	return rules
}

// oddSubnet is web with a gateway that the kernel does not take.
func oddSubnet() *schema.Resource {
	return resource(schema.KindSubnet, "odd", &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a",
		CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("224.0.0.1")}, nil)
}

func itoa(n int) string { return fmt.Sprint(n) }
