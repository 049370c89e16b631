//go:build linux

package vm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// daemon runs enid in the background; it hears of changes by events alone, for it
// would poll in an hour. It has to end well with the test.
func (l *lab) daemon() *os.Process {
	l.t.Helper()
	var log bytes.Buffer
	cmd := exec.Command("enid", "run", "--path", l.dir, "--host", "web-1", "--interval", "1h", "--state", l.state)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			l.t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			l.t.Errorf("the daemon: %v", err)
		}
		if l.t.Failed() {
			l.t.Logf("the daemon's log:\n%s", log.String())
		}
	})
	return cmd.Process
}

// status answers whether the daemon says so of the machine, asked as enid status
// asks it: a process of that for each look would leave the daemon no time.
func (l *lab) status(condition string, waitingFor ...string) func() error {
	socket := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(l.state, "enid.sock"))
	}
	client := http.Client{Transport: &http.Transport{DialContext: socket, DisableKeepAlives: true}}
	return func() error {
		var s struct {
			Host struct {
				Condition, Message string
				WaitingFor         []string
			}
		}
		answer, err := client.Get("http://enid/api/v1/status")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
			return err
		}
		if s.Host.Condition != condition || !slices.Equal(s.Host.WaitingFor, waitingFor) {
			return fmt.Errorf("%+v, want %s %q", s.Host, condition, waitingFor)
		}
		return nil
	}
}

// serves answers whether NIC n has all that ENI/bn asks for: address, route, rule,
// two queues and the mask 5.
func (l *lab) serves(n int) func() error {
	return func() error {
		nic := nicOf(l.t, mac(n))
		if nic == "" {
			return fmt.Errorf("there is no NIC %s", mac(n))
		}
		if err := l.masksAre(nic, 2, "5"); err != nil {
			return err // the cheapest look at what is done last
		}
		address, table := fmt.Sprintf("10.0.%d.20", n), fmt.Sprint(1000+n)
		got := l.look("address show dev "+nic, "route show table "+table, "route show default table main", "rule show")
		for _, want := range []string{
			fmt.Sprintf("inet %s/24 ", address),
			fmt.Sprintf("default via 10.0.%d.1 dev %s proto 101 scope global onlink", n, nic),
			fmt.Sprintf("default via 10.0.%d.1 dev %s proto 101 scope global metric %s onlink", n, nic, table),
			fmt.Sprintf("from %s lookup %s", address, table),
		} {
			if !strings.Contains(got, want) {
				return fmt.Errorf("want %q in\n%s", want, got)
			}
		}
		if got := l.combined(nic); got != "2" {
			return fmt.Errorf("%s has %s queues", nic, got)
		}
		return l.ping(address)
	}
}

const twoQueues = `queues: 2, rps: {mask: "5"}`

// A NIC that is plugged in is found by its MAC and served at once, under whatever
// name it comes; while it is out it is waited for, and the others are served.
func TestHotplug_host_match_mac(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.eni(3, "")
	l.host(twoQueues)
	l.daemon()
	l.until("eth1 is served", l.serves(1))
	l.until("NIC 3 is waited for", l.status("Waiting", mac(3)))

	plug(t, 3)
	l.until("NIC 3 is served", l.serves(3))
	l.until("status says so", l.status("Converged"))
	first := nicOf(t, mac(3))

	unplug(t, 3)
	l.until("NIC 3 is waited for again", l.status("Waiting", mac(3)))
	if err := l.serves(1)(); err != nil {
		t.Errorf("without NIC 3: %v", err)
	}

	for range 3 { // it goes in the middle of a turn, or before
		plug(t, 3)
		unplug(t, 3)
	}
	plug(t, 4) // takes its name
	plug(t, 3)
	if name := nicOf(t, mac(3)); name == first {
		t.Fatalf("NIC 3 is %s once more; then this test is about nothing", name)
	}
	l.until("NIC 3 is served under another name", l.serves(3))
	l.until("status says so", l.status("Converged"))
	l.again()
	if out := l.ip("address show dev " + first); strings.Contains(out, "inet ") {
		t.Errorf("NIC 4, of which no file speaks, has\n%s", out)
	}
}

// An interface that is renamed is the same ENI's. It has to be down for that, and
// enid would be faster: it is stopped meanwhile.
func TestRename_host_match_mac(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.host(twoQueues)
	enid := l.daemon()
	l.until("eth1 is served", l.serves(1))
	for _, name := range []string{"lan1", "eth1"} {
		old := nicOf(t, mac(1))
		if err := enid.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		l.ip("link set "+old+" down", "link set "+old+" name "+name)
		if err := enid.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		l.until(name+" is served", l.serves(1))
		l.until("status says so", l.status("Converged"))
		l.again()
	}
}
