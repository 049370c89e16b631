//go:build linux

package vm

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lab is the machine as a test finds it: eth0 is the primary, with its address and
// default route; eth1 and eth2 are plugged in and nothing more. Every NIC has all
// its queues in use and no masks.
type lab struct {
	t       *testing.T
	dir     string // of the topology's files
	state   string // of a daemon
	primary string // the primary's default route, as it has to stay
	events  *monitor
}

// network is what every topology here begins with. The instance's primary ENI is
// NIC 0, and NIC n is of subnet sn.
const network = `
apiVersion: enid/v1
kind: Account
metadata: {name: main}
spec: {provider: aws}
---
apiVersion: enid/v1
kind: VPC
metadata: {name: prod}
spec: {region: us-east-1, cidr: 10.0.0.0/16}
---
apiVersion: enid/v1
kind: SecurityGroup
metadata: {name: all}
spec: {vpc: prod}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: web-1}
spec: {type: c5.4xlarge, image: ami-0123456789abcdef0, subnet: s0, privateIP: 10.0.0.10, mac: "52:54:00:00:00:00", securityGroups: [all]}
`

// newLab puts the machine right, whatever the test before has left.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), state: t.TempDir()}
	var set []string
	for n := range nics {
		name := fmt.Sprintf("eth%d", n)
		if found := nicOf(t, mac(n)); found != name {
			set = append(set, "link set "+found+" down", "link set "+found+" name "+name)
		}
		if n > 0 {
			set = append(set, "address flush dev "+name, "link set "+name+" down")
		}
	}
	for line := range strings.Lines(l.ip("rule show")) {
		if priority, _, _ := strings.Cut(line, ":"); priority != "0" && priority != "32766" && priority != "32767" {
			set = append(set, "rule delete priority "+priority)
		}
	}
	l.ip(append(set, "address replace 10.0.0.10/24 dev eth0", "link set eth0 up", "route replace default via 10.0.0.1 dev eth0")...)
	l.allQueues()
	l.primary = l.ip("route show default dev eth0")
	l.events = l.monitor()
	t.Cleanup(l.checkPrimary)

	text := network
	for n := range slots {
		text += fmt.Sprintf("---\napiVersion: enid/v1\nkind: Subnet\nmetadata: {name: s%d}\nspec: {vpc: prod, zone: us-east-1a, cidr: 10.0.%d.0/24}\n", n, n)
	}
	l.write("network.yaml", text)
	return l
}

// allQueues puts all queues of the first NICs in use, without masks: one that was
// out of use has none.
func (l *lab) allQueues() {
	l.t.Helper()
	for n := range nics {
		name := fmt.Sprintf("eth%d", n)
		if l.masksAre(name, queues, "0") != nil {
			l.sh("-ethtool -L "+name+" combined 1", fmt.Sprintf("-ethtool -L %s combined %d", name, queues))
			l.setMask(name, 0, "0")
		}
	}
}

// eni declares NIC n as ENI/bn, with address 10.0.n.20; more are further fields.
func (l *lab) eni(n int, more string) {
	l.t.Helper()
	l.write(fmt.Sprintf("b%d.yaml", n), fmt.Sprintf(`
apiVersion: enid/v1
kind: ENI
metadata: {name: b%d}
spec:
  subnet: s%d
  privateIP: 10.0.%d.20
  mac: %q
  securityGroups: [all]
  attachTo: {instance: web-1, deviceIndex: %d}
  %s
`, n, n, n, mac(n), n, more))
}

// host declares the Host, with further fields in flow style.
func (l *lab) host(more string) {
	l.t.Helper()
	l.write("host.yaml", "apiVersion: enid/v1\nkind: Host\nmetadata: {name: web-1}\nspec: {instance: web-1, "+more+"}\n")
}

func (l *lab) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// apply converges the machine in one process, and answers what that printed.
func (l *lab) apply(code int) string {
	l.t.Helper()
	return l.enid(code, "host", "apply", "--host", "web-1", "--path", l.dir)
}

// converge applies twice.
func (l *lab) converge() {
	l.t.Helper()
	l.apply(0)
	l.again()
}

// again applies once more: nothing may be done, by enid's word and the kernel's.
func (l *lab) again() {
	l.t.Helper()
	before := len(l.events.all())
	if out := l.apply(0); strings.Contains(out, "done ") || !strings.Contains(out, "Converged") {
		l.t.Errorf("the second time:\n%s", out)
	}
	if after := l.events.all()[before:]; len(after) > 0 {
		l.t.Errorf("the second time:\n%s", strings.Join(after, "\n"))
	}
}

// enid runs the program, which has to exit with that code.
func (l *lab) enid(code int, args ...string) string {
	l.t.Helper()
	cmd := exec.Command("enid", args...)
	cmd.Env = append(os.Environ(), "GOGC=off") // half of the time, under emulation
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		l.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		l.t.Fatalf("enid %v: exit %d, wanted %d\n%s", args, got, code, out)
	}
	return string(out)
}

// checkPrimary fails the test when the primary's default route is not what it was,
// or was not for a moment. An event names its table unless that is main.
func (l *lab) checkPrimary() {
	l.t.Helper()
	for _, event := range l.events.all() {
		if strings.Contains(event, "default") && strings.Contains(event, "dev eth0") && !strings.Contains(event, " table ") {
			l.t.Errorf("the primary's default route was touched: %s", event)
		}
	}
	if now := l.ip("route show default dev eth0"); now != l.primary {
		l.t.Errorf("the primary's default route is %s, was %s", now, l.primary)
	}
}

// sh runs commands, without a shell; one that begins with - may fail.
func (l *lab) sh(lines ...string) string {
	l.t.Helper()
	var out strings.Builder
	for _, line := range lines {
		args := strings.Fields(strings.TrimPrefix(line, "-"))
		b, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil && line[0] != '-' {
			l.t.Fatalf("%s: %v: %s", line, err, b)
		}
		out.Write(b)
	}
	return out.String()
}

// ip runs lines of ip commands in one process: under emulation each process costs
// a tenth of a second.
func (l *lab) ip(lines ...string) string {
	l.t.Helper()
	out, err := batch("", lines)
	if err != nil {
		l.t.Fatalf("ip %q: %v: %s", lines, err, out)
	}
	return out
}

// look is ip for what may not be there.
func (l *lab) look(lines ...string) string {
	out, _ := batch("-force", lines)
	return out
}

func batch(force string, lines []string) (string, error) {
	cmd := exec.Command("ip", strings.Fields("-4 -details "+force+" -batch -")...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// nicOf answers the link with that MAC; empty where there is none.
func nicOf(t *testing.T, mac string) string {
	t.Helper()
	files, err := filepath.Glob("/sys/class/net/*/address")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if b, _ := os.ReadFile(file); strings.TrimSpace(string(b)) == mac {
			return filepath.Base(filepath.Dir(file))
		}
	}
	return ""
}

// combined answers how many queues `ethtool -l` says are in use.
func (l *lab) combined(nic string) string {
	l.t.Helper()
	_, now, _ := strings.Cut(l.sh("ethtool -l "+nic), "Current hardware settings:")
	for line := range strings.Lines(now) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "Combined:" {
			return f[1]
		}
	}
	return "none"
}

func maskFile(nic string, queue int) string {
	return fmt.Sprintf("/sys/class/net/%s/queues/rx-%d/rps_cpus", nic, queue)
}

// masks answers the RPS masks of a NIC's receive queues, in their order.
func (l *lab) masks(nic string) (all []string) {
	for queue := 0; ; queue++ {
		b, err := os.ReadFile(maskFile(nic, queue))
		if errors.Is(err, os.ErrNotExist) {
			return all
		}
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(string(b)))
	}
}

func (l *lab) setMask(nic string, queue int, mask string) {
	l.t.Helper()
	if err := os.WriteFile(maskFile(nic, queue), []byte(mask), 0); err != nil {
		l.t.Fatal(err)
	}
}

// until waits until check answers nil.
func (l *lab) until(what string, check func() error) {
	l.t.Helper()
	wait(l.t, what, check)
}

// patience is how long a test waits for what takes a second or two under emulation,
// on a machine with nothing else to do.
const patience = 60 * time.Second

// wait waits until check answers nil.
func wait(t *testing.T, what string, check func() error) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("%s: not after %s: %v", what, patience, err)
		}
	}
}
