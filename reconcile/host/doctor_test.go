//go:build linux

package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"enid/plan/doctor"
	"enid/schema"
)

// examine answers the doctor's findings, one a line.
func examine(t must, m *Machine, c *cloud) (out []string) {
	t.Helper()
	r, err := m.Doctor(context.Background(), c.world(), "web-1")
	if err != nil {
		t.Fatalf("doctor: %v", err)
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s %s: %s", f.Severity, f.Check, f.Interface, strings.Join(f.Seen, "; ")))
	}
	return out
}

// about answers the findings of a check.
func about(findings []string, check string) (out []string) {
	for _, f := range findings {
		if strings.Contains(f, " "+check+" ") {
			out = append(out, f)
		}
	}
	return out
}

// start runs sleep under another name until the test ends, and answers its pid.
func start(t *testing.T, flags uintptr, name string, args ...string) int {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	sh(t, "cp "+sleep+" "+file)
	cmd := exec.Command(file)
	cmd.Args = append([]string{name}, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: flags}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

// What the checks ask for is read of the real machine: files, processes of this
// network namespace alone, switches.
func TestDoctorReads(t *testing.T) {
	example(t)
	asBorn(t)
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("etc/network/interfaces", "iface eth1 inet dhcp\n")
	put("usr/lib/udev/rules.d/99-vpc-policy-routes.rules", "x\n")
	put("etc/cloud/cloud.cfg", strings.Repeat("#", 70<<10)+"\nwhen: [hotplug]\n") // larger than is read
	put("run/systemd/netif/state", "x\n")
	if err := unix.Mkfifo(filepath.Join(root, "etc/network/interfaces.d"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "etc/udev/rules.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", filepath.Join(root, "etc/udev/rules.d/99-vpc-policy-routes.rules")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(root, "etc/dhcpcd.conf"), 0o600); err != nil {
		t.Fatal(err)
	}
	sh(t, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=1 net.ipv4.conf.eth2.rp_filter=2")
	pid := start(t, 0, "dhclient", "86400")
	m, c := open(t, Options{Root: root, Run: filepath.Join(root, "run")}), exampleCloud()
	got := examine(t, m, c)
	want := []string{
		"warning networkd.foreign : /run/systemd/netif/state: it has run since boot; neither ManageForeignRoutes= nor ManageForeignRoutingPolicyRules= is set: both are yes",
		"warning ifupdown eth1: /etc/network/interfaces:1: iface eth1 inet dhcp",
		"warning rp_filter.strict eth1: net.ipv4.conf.eth1.rp_filter=1, all.rp_filter=0",
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("not found: %s", line)
		}
	}
	for _, check := range []string{"ec2-net-utils", "cloud-init.hotplug", "dhcp.client", "enid.capabilities", "enid.no-sysfs", "enid.read-only"} {
		if lines := about(got, check); len(lines) > 0 {
			t.Errorf("found: %v", lines)
		}
	}
	seen := m.processes(map[string]bool{"dhclient": true})
	if len(seen) != 1 || seen[0].PID != pid || !slices.Equal(seen[0].Args, []string{"dhclient", "86400"}) {
		t.Errorf("%+v, pid %d", seen, pid)
	}
	start(t, unix.CLONE_NEWNET, "dhclient", "86401")
	if again := m.processes(map[string]bool{"dhclient": true}); len(again) != 1 {
		t.Errorf("one of another network namespace is taken for ours: %+v", again)
	}
}

// Two ENIs in one subnet: what the doctor says to declare, declared, is set, and the
// doctor is content.
func TestDoctorARPFlux_host_sysctl(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0")
	m, c := open(t, Options{Root: t.TempDir()}), exampleCloud()
	converge(t, m, c)
	if found := about(examine(t, m, c), "arp.flux"); len(found) != 1 {
		t.Fatalf("%v", found)
	}
	c.host.Sysctls = schema.Sysctls{ARPIgnore: new(1), ARPAnnounce: new(2)}
	converge(t, m, c)
	if found := about(examine(t, m, c), "arp.flux"); len(found) > 0 {
		t.Errorf("%v", found)
	}
	again(t, m, c)
}

// realNetworkd runs systemd-networkd in this namespace, on the /run of emptyRun, until
// stop is called. It waits for no udev where /sys is read-only.
func realNetworkd(t *testing.T) (stop func()) {
	t.Helper()
	const program = "/lib/systemd/systemd-networkd"
	if _, err := os.Stat(program); err != nil {
		t.Skip("systemd-networkd is not installed")
	}
	if !masksWritable() {
		t.Skip("systemd-networkd changes its user, which it can in the initial user namespace only")
	}
	cmd := exec.Command(program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	waitFor(t, "networkd has read the machine", func() bool {
		b, _ := os.ReadFile("/run/systemd/netif/state")
		return strings.Contains(string(b), "OPER_STATE=")
	})
	return stop
}

// emptyRun mounts an empty /run, and /sys read-only, until the test ends.
func emptyRun(t *testing.T) {
	t.Helper()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount("/run", unix.MNT_DETACH) })
	readOnlyMount(t, "/sys")
}

// A real systemd-networkd removes enid's rules whenever it configures a NIC that was
// plugged in: enid puts them back, then names it and steps back; what the doctor says
// to write ends it.
func TestFightWithNetworkd_host_foreign_rule(t *testing.T) {
	example(t)
	emptyRun(t)
	if err := os.MkdirAll("/run/systemd/network", 0o755); err != nil {
		t.Fatal(err)
	}
	network := "[Match]\nName=plug*\n[Network]\nLinkLocalAddressing=no\nAddress=192.0.2.1/24\n"
	if err := os.WriteFile("/run/systemd/network/10-plug.network", []byte(network), 0o644); err != nil {
		t.Fatal(err)
	}
	m, c := open(t, Options{Root: t.TempDir()}), exampleCloud()
	converge(t, m, c)
	stop := realNetworkd(t)
	defer func() { stop() }()
	rules := rulesOf(t)
	plugged := 0
	plug := func() {
		plugged++
		name := fmt.Sprintf("plug%d", plugged)
		veth(t, name, fmt.Sprintf("00:16:3e:00:01:%02x", plugged))
		batch(t, "link set "+name+" up")
		waitFor(t, "networkd has configured "+name, func() bool {
			return strings.Contains(sh(t, "ip -4 -br address show dev "+name), "192.0.2.1/24")
		})
	}
	var res Result
	for range fightRepairs + 3 {
		plug()
		if got := rulesOf(t); len(got) > 0 {
			t.Fatalf("networkd did not remove the rules, so this shows nothing: %v", got)
		}
		if res = turn(t, m, c); res.Condition == Degraded {
			break
		}
		same(t, rulesOf(t), rules...)
	}
	if !strings.Contains(res.Message, "another program, probably systemd-networkd, removes Rule/") || !strings.Contains(res.Message, "`enid host doctor`") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	report, err := m.Doctor(t.Context(), c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	follow(t, report, "networkd.foreign")
	stop()
	stop = realNetworkd(t)
	next := open(t, Options{Root: "/"}) // which remembers no fight
	converge(t, next, c)
	plug()
	same(t, rulesOf(t), rules...)
	again(t, next, c)
	if found := about(examine(t, next, c), "networkd.foreign"); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

// follow writes the drop-in that a finding tells, below /run, which systemd reads
// as well as /etc.
func follow(t *testing.T, r *doctor.Report, check string) {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f doctor.Finding) bool { return f.Check == check })
	if i < 0 {
		t.Fatalf("%s is not found: %+v", check, r.Findings)
	}
	file, body := "", ""
	for _, line := range r.Findings[i].Remedy {
		if text, inside := strings.CutPrefix(line, "  "); inside {
			body += text + "\n"
		} else if name, ok := strings.CutSuffix(line, ":"); ok {
			file = "/run" + strings.TrimPrefix(name, "/etc")
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}
