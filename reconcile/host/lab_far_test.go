//go:build linux

package host

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// elsewhere moves interfaces into a network namespace of their own, as the other
// machine of their links, up. It answers what to put before a command that is to
// run there.
func elsewhere(t testing.TB, links ...string) string {
	t.Helper()
	holder := exec.Command("unshare", "-n", "sh", "-c", "echo; exec sleep infinity")
	holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { holder.Process.Kill(); holder.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	there := fmt.Sprintf("nsenter -t %d -n ", holder.Process.Pid)
	script := there + "ip link set lo up\n"
	for _, l := range links {
		script += fmt.Sprintf("ip link set %s netns %d\n%sip link set %s up\n", l, holder.Process.Pid, there, l)
	}
	sh(t, script)
	return there
}

// background runs a command until the test ends.
func background(t testing.TB, command string) {
	t.Helper()
	args := strings.Fields(command)
	cmd := exec.Command(args[0], args[1:]...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said: %s", args[0], out.String())
		}
	})
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// watchAddress answers what counts how often an address has gone since.
func watchAddress(t testing.TB, addr string) func() int {
	t.Helper()
	updates, done, gone := make(chan netlink.AddrUpdate, 4096), make(chan struct{}), 0
	if err := netlink.AddrSubscribe(updates, done); err != nil {
		t.Fatal(err)
	}
	return func() int {
		time.Sleep(50 * time.Millisecond) // the last events are on their way
		close(done)
		for u := range updates {
			if !u.NewAddr && u.LinkAddress.IP.String() == addr {
				gone++
			}
		}
		return gone
	}
}

// addressesOn answers the IPv4 addresses of a link, sorted.
func addressesOn(t must, link string) (out []string) {
	t.Helper()
	for _, l := range ipJSON(t, "address", "show", "dev", link) {
		for _, a := range l["addr_info"].([]any) {
			out = append(out, a.(map[string]any)["local"].(string))
		}
	}
	slices.Sort(out)
	return out
}
