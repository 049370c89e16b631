//go:build linux

package host

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netns"

	"enid/plan/guest"
	"enid/schema"
)

// guarding says that this process is a guard.
const guarding = "ENID_HOST_TEST_GUARD"

func guardMain() int {
	m, err := Open(Options{})
	if err == nil {
		_, err = m.Guard(context.Background(), os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func testGuard() *exec.Cmd {
	return &exec.Cmd{Path: "/proc/self/exe", Args: []string{"guard"}, Env: append(os.Environ(), guarding+"=1"), Stderr: os.Stderr}
}

// confirmed converges by probes.
func confirmed(t testing.TB, m *Machine, c *cloud, probes ...string) Result {
	t.Helper()
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	// The kernel tells a bridge of a link that came up within a second, and drops until then.
	by := Confirm{Timeout: 3 * time.Second, Guard: testGuard}
	for _, text := range probes {
		p, err := ParseProbe(text)
		if err != nil {
			t.Fatal(err)
		}
		by.Probes = append(by.Probes, p)
	}
	res, err := m.ConvergeConfirmed(context.Background(), h, by)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// network makes the machine of the example with a gateway at the other end of its
// links, and answers what to put before a command that is to run there.
func network(t testing.TB) (there string) {
	t.Helper()
	example(t)
	there = elsewhere(t, "xeth0", "xeth1", "xeth2")
	script := there + "ip link add lan type bridge\n"
	for i := range 3 {
		script += fmt.Sprintf("%sip link set xeth%d master lan\n", there, i)
	}
	sh(t, script+there+"ip address add 10.0.0.253/24 dev lan\n"+there+"ip link set lan up")
	return there
}

// listener listens on the gateway, and notes who connects.
type listener struct {
	net.Listener
	mu   sync.Mutex
	from []string
}

func listenThere(t testing.TB, there string) *listener {
	t.Helper()
	var pid int
	fmt.Sscanf(there, "nsenter -t %d", &pid)
	runtime.LockOSThread() // a socket stays in the namespace of the thread that makes it
	defer runtime.UnlockOSThread()
	here, err := netns.Get()
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	other, err := netns.GetFromPid(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := netns.Set(other); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "10.0.0.253:443")
	if back := netns.Set(here); err != nil || back != nil {
		t.Fatal(err, back)
	}
	out := &listener{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			out.mu.Lock()
			out.from = append(out.from, host)
			out.mu.Unlock()
			c.Close()
		}
	}()
	return out
}

// A change stays where every probe has its answer from each ENI, and is at rest then.
func TestConfirmed(t *testing.T) {
	there := network(t)
	l := listenThere(t, there)
	m, c := open(t, Options{}), exampleCloud()
	res := confirmed(t, m, c, "tcp://10.0.0.253:443", "gateway", "source")
	if res.Undone != "" || res.Condition != Converged || len(res.Done) == 0 {
		t.Fatalf("%s: %s; undone: %s", res.Condition, res.Message, res.Undone)
	}
	l.mu.Lock()
	slices.Sort(l.from)
	same(t, slices.Compact(l.from), "10.0.0.19", "10.0.0.20", "10.0.0.21")
	l.mu.Unlock()
	again(t, m, c)
	if res := confirmed(t, m, c, "tcp://10.0.0.253:1"); res.Undone != "" || len(res.Done) > 0 {
		t.Errorf("nothing was to be done, and it was undone: %s", res.Undone)
	}
}

// A change is undone where a probe has no answer from any one ENI, and says which.
func TestNotConfirmed(t *testing.T) {
	for _, c := range []struct{ name, wrong, probe, said string }{
		{"a gateway that nobody reaches", "%sip link set xeth2 nomaster arp off", "gateway", "gateway from 10.0.0.21 (eth2): gateway 10.0.0.253 does not answer"},
		{"nobody listens", "%strue", "tcp://10.0.0.253:444", "tcp://10.0.0.253:444 from 10.0.0.19 (eth0): connect: connection refused"},
		{"a black hole", "%sip route add blackhole 10.0.0.20/32", "tcp://10.0.0.253:443", "tcp://10.0.0.253:443 from 10.0.0.20 (eth1): "},
		{"another's rule", "-ip rule add from 10.0.0.20 lookup main priority 100%.0s", "source", "source from 10.0.0.20 (eth1): it would leave by"},
	} {
		t.Run(c.name, func(t *testing.T) {
			there := network(t)
			listenThere(t, there)
			sh(t, fmt.Sprintf(c.wrong, there))
			before := still(t)
			m := open(t, Options{})
			res := confirmed(t, m, exampleCloud(), c.probe)
			if res.Condition != Degraded || !strings.Contains(res.Undone, c.said) || len(res.Done) > 0 {
				t.Errorf("%s: %s; undone: %q, wanted %q", res.Condition, res.Message, res.Undone, c.said)
			}
			if diff := cmp.Diff(before, still(t)); diff != "" {
				t.Errorf("before (-) and after (+) differ:\n%s", diff)
			}
		})
	}
}

// Where the guard cannot be started, or dies before it has anything to guard, nothing
// is changed; where it dies later, this process undoes.
func TestGuardGone(t *testing.T) {
	example(t)
	before := still(t)
	m := open(t, Options{})
	h, err := guest.Declared(exampleCloud().world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []*exec.Cmd{exec.Command("/nowhere/enid"), exec.Command("false"), exec.Command("cat", "/proc/version")} {
		if _, _, err := m.Try(context.Background(), h, command); err == nil {
			t.Fatalf("%s guards", command)
		}
		if diff := cmp.Diff(before, still(t)); diff != "" {
			t.Fatalf("%s: before (-) and after (+) differ:\n%s", command, diff)
		}
	}
	trial, _, err := m.Try(context.Background(), h, testGuard())
	if err != nil || !trial.Changed() {
		t.Fatal("not tried: ", err)
	}
	if err := syscall.Kill(trial.guard.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-trial.Ended()
	v, err := trial.Undo()
	if err != nil || v.Kept || v.Guardless == nil || v.Undone.Changed == 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if diff := cmp.Diff(before, still(t)); diff != "" {
		t.Errorf("before (-) and after (+) differ:\n%s", diff)
	}
}

func TestParseProbe(t *testing.T) {
	for _, text := range []string{"gateway", "source", "tcp://10.0.0.5:443", "tcp://db.example.com:5432", "tcp://[2001:db8::1]:80"} {
		if p, err := ParseProbe(text); err != nil || p.String() != text {
			t.Errorf("%s: %s, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "tcp", "tcp://10.0.0.5", "tcp://:443", "tcp://10.0.0.5:0", "tcp://10.0.0.5:70000", "udp://10.0.0.5:53", "Gateway"} {
		if _, err := ParseProbe(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// What cannot be undone is left out and named; what is blocked is not, and an ordinary
// turn leaves nothing.
func TestTryNamesWhatIsLeft(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	if err := os.MkdirAll(m.opts.Root+"/etc/systemd/network", 0o755); err != nil {
		t.Fatal(err)
	}
	c.host.Persist, c.host.Queues = "networkd", schema.Queues{Count: 99}
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	trial, res, err := m.Try(context.Background(), h, testGuard())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trial.Keep(); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, s := range res.Left {
		left = append(left, s.Operation+" "+s.Target)
	}
	same(t, left, "WriteFile /etc/systemd/network/05-enid-eth1.link", "WriteFile /etc/systemd/network/05-enid-eth1.network",
		"WriteFile /etc/systemd/network/05-enid-eth2.link", "WriteFile /etc/systemd/network/05-enid-eth2.network")
	for range 2 {
		if res := turn(t, m, c); len(res.Left) > 0 || len(res.Blocked) == 0 {
			t.Errorf("left: %s\nblocked: %s", stepTexts(res.Left), stepTexts(res.Blocked))
		}
	}
}
