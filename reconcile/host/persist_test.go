//go:build linux

package host

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan/guest"
	"enid/schema"
)

// export answers the files of a format, by base name, a drop-in with its folder.
func export(t *testing.T, m *Machine, c *cloud, format string) map[string]string {
	t.Helper()
	files, blocked, err := m.Export(context.Background(), c.world(), "web-1", format)
	if err != nil || len(blocked) > 0 {
		t.Fatalf("export: %v %v", err, blocked)
	}
	out := map[string]string{}
	for _, f := range files {
		name := filepath.Base(f.Path)
		if parent := filepath.Base(filepath.Dir(f.Path)); strings.HasSuffix(parent, ".d") {
			name = parent + "/" + name
		}
		out[name] = f.Content
	}
	return out
}

// put writes files below a folder.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shape is what `ip` shows of the machine, but for who has made it.
func shape(t *testing.T) (out []string) {
	t.Helper()
	for _, link := range []string{"eth0", "eth1", "eth2"} {
		out = append(out, lines(t, "ip -4 -br address show dev "+link)...)
	}
	for _, table := range []string{"main", "1001", "1002", "local"} {
		for _, r := range routesOf(t, table) {
			if table != "local" || !strings.Contains(r, "proto kernel") { // those follow from the addresses
				out = append(out, table+": "+anybodys(r))
			}
		}
	}
	for _, r := range rulesOf(t) {
		out = append(out, anybodys(r))
	}
	return out
}

// anybodys is a route or rule without its protocol, and without what a link that was
// just brought up may show.
func anybodys(line string) string {
	for _, word := range []string{" proto 101", " proto static", " proto boot", " linkdown"} {
		line = strings.Replace(line, word, "", 1)
	}
	return line
}

// shortened is a shape whose secondary addresses have the length of one address.
func shortened(shape []string) []string {
	out := slices.Clone(shape)
	for i, l := range out {
		if strings.HasPrefix(l, "eth1@") || strings.HasPrefix(l, "eth2@") {
			out[i] = strings.ReplaceAll(l, "/24", "/32")
		}
	}
	return out
}

// busy is a cloud with what files have to say: several addresses, a subnet without
// the primary, an MTU, a delegated prefix.
func busy() *cloud {
	c := exampleCloud()
	c.attach("web-1-b", mac1, 1, "10.0.0.20", "10.0.0.30", "10.0.0.31")
	e := c.attach("web-1-c", mac2, 2, "10.0.1.21")
	e.spec.Subnet, e.spec.Guest = "db", &schema.ENIGuest{MTU: 1400}
	e.status.Prefixes = append(e.status.Prefixes, netip.MustParsePrefix("10.0.1.32/28"))
	return c
}

// reached waits until the machine has that shape.
func reached(t *testing.T, want []string, log string) {
	t.Helper()
	var got []string
	for range 200 {
		if got = shape(t); slices.Equal(got, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	said, _ := os.ReadFile(log)
	t.Fatalf("got\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(want, "\n  "), said[max(0, len(said)-3000):])
}

const networkdBinary = "/lib/systemd/systemd-networkd"

// networkd runs systemd-networkd on the test's machine until the test ends, or stop
// is called. It reads etc as /etc/systemd/network and run as /run/systemd/network, and
// finds /sys as in a container, where no udev names NICs.
func networkd(t *testing.T, etc, run string) (log string, stop func()) {
	t.Helper()
	if !masksWritable() {
		t.Skip("systemd-networkd changes its user, which the initial user namespace alone has")
	}
	if _, err := os.Stat(networkdBinary); err != nil {
		t.Skipf("no systemd-networkd here (Debian package systemd): %v", err)
	}
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	script := `
		mount --bind "$1" /etc/systemd/network
		mount -t tmpfs run /run/systemd
		mkdir -p /run/systemd/network /run/systemd/netif/links
		mount --bind "$2" /run/systemd/network
		chown -R systemd-network: /run/systemd/netif
		chmod 755 "$1" "$2"
		mount -o remount,bind,ro /sys
		export SYSTEMD_LOG_LEVEL=debug
		exec ` + networkdBinary + ` >"$3" 2>&1`
	cmd := exec.Command("unshare", "-m", "sh", "-euc", script, "sh", etc, run, log)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(stop)
	return log, stop
}

// The script makes of a bare machine what the agent makes of it; run again it finds
// all there, and so does the agent.
func TestExportCommands_host_persist(t *testing.T) {
	for _, c := range []*cloud{exampleCloud(), busy()} {
		own := 1
		c.host.Sysctls.ARPIgnore = &own
		example(t)
		m := open(t, Options{})
		script := filepath.Join(t.TempDir(), "enid-host.sh")
		put(t, filepath.Dir(script), export(t, m, c, "commands"))
		converge(t, m, c)
		want := shape(t)
		example(t)
		for range 2 {
			sh(t, "sh "+script)
			same(t, shape(t), want...)
			same(t, lines(t, "cat /proc/sys/net/ipv4/conf/eth0/arp_ignore /proc/sys/net/ipv4/conf/eth1/arp_ignore"), "1", "1")
		}
		again(t, m, c)
	}
}

// The script does nothing where a NIC is missing, or where its default route would
// take the primary's place.
func TestExportCommandsRefuses_host_keep_default_route(t *testing.T) {
	for _, harm := range []string{"link delete eth2", "route replace default via 10.0.0.253 dev eth0 metric 3000\nroute delete default dev eth0 metric 0"} {
		example(t)
		m, c := open(t, Options{}), exampleCloud()
		dir := t.TempDir()
		put(t, dir, export(t, m, c, "commands"))
		batch(t, strings.Split(harm, "\n")...)
		before := sh(t, "ip -4 address show dev eth1\nip -4 route show table all\nip rule")
		out, err := exec.Command("sh", filepath.Join(dir, "enid-host.sh")).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "nothing was done") {
			t.Errorf("%s: %v %s", harm, err, out)
		}
		if after := sh(t, "ip -4 address show dev eth1\nip -4 route show table all\nip rule"); after != before {
			t.Errorf("%s:\n%s\n%s", harm, before, after)
		}
	}
}

// systemd-networkd makes of the files what the agent makes of the same topology; the
// agent finds nothing to do then, and nothing blocked.
func TestExportNetworkd_host_persist(t *testing.T) {
	for _, c := range []*cloud{exampleCloud(), busy()} {
		example(t)
		m := open(t, Options{})
		etc := t.TempDir()
		put(t, etc, export(t, m, c, "networkd"))
		readable(t, etc)
		converge(t, m, c)
		want := shape(t)
		example(t)
		log, stop := networkd(t, etc, t.TempDir())
		reached(t, want, log)
		converge(t, m, c)
		again(t, m, c)
		same(t, shape(t), want...)
		if len(c.enis["web-1-c"].status.Prefixes) > 0 {
			if l := ipJSON(t, "link", "show", "eth2"); l[0]["mtu"] != 1400.0 {
				t.Error(l)
			}
		}
		stop()
		// What networkd has put there is enid's where it could say so.
		delete(c.enis, "web-1-b")
		converge(t, m, c)
		for _, l := range append(lines(t, "ip -4 -br address show dev eth1"), routesOf(t, "1001")...) {
			if strings.Contains(l, "10.0.0.") {
				t.Errorf("left: %s", l)
			}
		}
	}
}

// readable lets networkd's own user read what the test wrote.
func readable(t *testing.T, dir string) {
	t.Helper()
	sh(t, "chmod -R a+rX "+dir+"\nchmod a+rx "+filepath.Dir(dir))
}

// Beside a networkd that starts after the agent no rule is there twice.
func TestNetworkdAfterAgent_host_persist(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	etc := t.TempDir()
	put(t, etc, export(t, m, c, "networkd"))
	readable(t, etc)
	converge(t, m, c)
	want := shape(t)
	log, _ := networkd(t, etc, t.TempDir())
	for _, nic := range []string{"eth1", "eth2"} {
		for range 500 { // until it is done with the NIC, or gives up on it
			if said, _ := os.ReadFile(log); bytes.Contains(said, []byte("\n"+nic+": State changed: configuring -> ")) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	converge(t, m, c)
	same(t, shape(t), want...)
	again(t, m, c)
}

// netplan takes its files, networkd what netplan generates of them, and the agent
// finds that it serves.
func TestExportNetplan_host_persist(t *testing.T) {
	if _, err := exec.LookPath("netplan"); err != nil {
		t.Skipf("no netplan here (Debian package netplan.io): %v", err)
	}
	for _, c := range []*cloud{exampleCloud(), busy()} {
		example(t)
		m, root := open(t, Options{}), t.TempDir()
		etc, run := root+"/etc/systemd/network", root+"/run/systemd/network"
		for name, content := range export(t, m, c, "netplan") {
			if strings.HasSuffix(name, ".yaml") {
				name = "etc/netplan/" + name
			} else {
				name = "etc/systemd/network/" + name
			}
			put(t, root, map[string]string{name: content})
		}
		sh(t, "mkdir -p "+etc+" "+run+"\nnetplan generate --root-dir "+root)
		for _, f := range globbed(t, run+"/*.network") { // a veth has no permanent MAC
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(f, []byte(strings.ReplaceAll(string(b), "PermanentMACAddress=", "MACAddress=")), 0o644)
		}
		readable(t, root)
		converge(t, m, c)
		want := shortened(shape(t))
		example(t)
		log, stop := networkd(t, etc, run)
		reached(t, want, log)
		converge(t, m, c)
		again(t, m, c)
		same(t, shape(t), want...)
		stop()
	}
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found
}

// Debian has no reader of ifcfg files (NetworkManager's plug-in for them and the
// network scripts are Red Hat's), so that the test does what the scripts do: source
// ifcfg-*, and give each line of route-* and rule-* to ip.
func TestExportIfcfg_host_persist(t *testing.T) {
	for _, c := range []*cloud{exampleCloud(), busy()} {
		example(t)
		m, dir := open(t, Options{}), t.TempDir()
		files := export(t, m, c, "ifcfg")
		put(t, dir, files)
		converge(t, m, c)
		want := shortened(shape(t))
		example(t)
		script := `
			for f in "$1"/ifcfg-*; do
				sh -n "$f"
				( . "$f"
				test "$ONBOOT$TYPE$USERCTL$PEERDNS$IPV6INIT$PERSISTENT_DHCLIENT$DEFROUTE$BOOTPROTO" = yesEthernetnononoyesnonone
				ip -o link show dev "$DEVICE" | grep -qi "$HWADDR"
				ip link set dev "$DEVICE" up ${MTU:+mtu $MTU}
				for n in '' 1 2 3; do
					eval "a=\${IPADDR$n:-} p=\${PREFIX$n:-}"
					test -z "$a" || ip address add "$a/$p" dev "$DEVICE"
				done )
			done
			for kind in route rule; do
				for f in "$1/$kind"-*; do
					grep -v '^#' "$f" | while read -r line; do ip $kind add $line; done
				done
			done`
		if out, err := exec.Command("sh", "-euc", script, "sh", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		same(t, shape(t), want...)
		converge(t, m, c)
		again(t, m, c)
		for name, content := range files {
			if strings.ContainsAny(strings.ReplaceAll(content, guest.ExportMark("web-1"), ""), "$`\\;&|<>(){}'") {
				t.Errorf("%s:\n%s", name, content)
			}
		}
	}
}

// six is what `ip -6` shows of enid's part of the machine, but for who has made it.
func six(t *testing.T) (out []string) {
	t.Helper()
	for _, link := range []string{"eth1", "eth2"} {
		out = append(out, lines(t, "ip -6 -br address show scope global dev "+link)...)
	}
	for _, table := range []string{"1001", "1002", "main"} {
		for _, r := range routesOf6(t, table) {
			out = append(out, table+": "+anybodys(r))
		}
	}
	for _, r := range rulesOf6(t) {
		out = append(out, anybodys(r))
	}
	return out
}

// IPv6 comes up by the files as the agent makes it.
func TestExportIPv6_host_persist_host_ipv6(t *testing.T) {
	for _, format := range []string{"commands", "networkd"} {
		c := both(t)
		m, dir := open(t, Options{Patience: 10 * time.Second}), t.TempDir()
		put(t, dir, export(t, m, c, format))
		readable(t, dir)
		converge(t, m, c)
		want := six(t)
		both(t)
		if format == "commands" {
			sh(t, "sh "+dir+"/enid-host.sh\nsh "+dir+"/enid-host.sh")
		} else {
			networkd(t, dir, t.TempDir())
		}
		for range 200 {
			if slices.Equal(six(t), want) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		same(t, six(t), want...)
		converge(t, m, c)
		again(t, m, c)
		same(t, six(t), want...)
	}
}
