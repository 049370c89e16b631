//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// between looks, lets something happen to the machine, and does what was planned
// before it.
func between(t *testing.T, m *Machine, c *cloud, happens ...string) (s *sight, res Result) {
	t.Helper()
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = m.look(context.Background(), h, nil); err != nil {
		t.Fatal(err)
	}
	batch(t, happens...)
	res.may = anything
	if _, err := m.carryOut(context.Background(), s, &res); err != nil {
		t.Fatal(err)
	}
	return s, res
}

// A link that changes between the look and the deed fails nothing: the next look
// goes on from what it is then.
func TestLinkChangesMeanwhile_host_table(t *testing.T) {
	for _, c := range []struct{ what, harm, happens, then string }{
		{"down", "route flush table 1002", "link set eth2 down", ""},
		{"gone", "route flush table 1002", "link delete eth2", ""},
		{"renamed", "route flush table 1002", "link set eth2 down\nlink set eth2 name eth9\nlink set eth9 up", ""},
		{"gone, an address", "address delete 10.0.0.21/24 dev eth2", "link delete eth2", ""},
		{"gone while it is down", "link set eth2 down", "link delete eth2", ""},
	} {
		example(t)
		m, cl := open(t, Options{}), exampleCloud()
		converge(t, m, cl)
		batch(t, strings.Split(c.harm, "\n")...)
		between(t, m, cl, strings.Split(c.happens, "\n")...)
		if len(m.holds.chains) > 0 {
			t.Errorf("%s: held: %+v", c.what, *m.holds.chains["eth2"])
		}
		if res := turn(t, m, cl); res.Condition != Converged && res.Condition != Waiting || res.RetryAfter != 0 {
			t.Errorf("%s: %s: %s", c.what, res.Condition, res.Message)
		}
	}
}

// One turn is enough: what a link takes along while its routes are put back is put
// back by the same turn's next look. The kernel's word that the link was down counts
// where it is up again.
func TestOvertaken_host_verify(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	batch(t, "route delete default dev eth2 metric 1002")
	s, res := between(t, m, c)
	if len(res.Done) != 1 {
		t.Fatal(stepTexts(res.Done))
	}
	r := &run{m: m, world: s.world, want: s.wanted.World, chains: map[string][]deed{}}
	step := s.plan.Runnable()[0]
	d := resolve(step.Op.ID, step.Target, s.world, s.wanted.World)
	address := d
	address.op = guest.AddAddress
	for _, x := range []struct {
		d    deed
		err  error
		want bool
	}{
		{d, unix.ENETDOWN, true}, {d, fmt.Errorf("add: %w", &KernelError{Errno: unix.ENETDOWN}), true},
		{d, unix.EINVAL, false}, {d, unix.ENETUNREACH, false}, {d, unix.ENODEV, false}, {address, unix.ENETDOWN, false},
		{d, unix.EPERM, false}, {d, errors.New("other"), false}, {deed{op: guest.AddRule, to: guest.Rule{}}, unix.EINVAL, false},
	} {
		if got := r.overtaken("eth2", x.d, x.err); got != x.want {
			t.Errorf("%s, %v: overtaken %t", x.d.op, x.err, got)
		}
	}
	batch(t, "link set eth2 down")
	for _, err := range []error{unix.EINVAL, unix.ENETUNREACH, unix.ENODEV} {
		if !r.overtaken("eth2", d, err) {
			t.Errorf("%v of a link that went down", err)
		}
	}
	if r.overtaken("eth2", d, unix.EPERM) {
		t.Error("EPERM is of no link")
	}
}

// A link that was down in the look, and was brought up by the plan, is up for what
// follows; one that did not come up has failed.
func TestBroughtUpMeanwhile_host_verify(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	h, _ := guest.Declared(c.world(), "web-1")
	s, err := m.look(context.Background(), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{m: m, world: s.world, want: s.wanted.World, chains: map[string][]deed{}}
	steps := s.plan.Runnable()
	of := func(op string) deed {
		for _, step := range steps {
			if step.Op.ID == op && guest.Chain(step.Target, s.world, s.wanted.World) == "eth2" {
				return resolve(op, step.Target, s.world, s.wanted.World)
			}
		}
		t.Fatal("no " + op)
		return deed{}
	}
	up, route := of(guest.SetLinkUp), of(guest.AddRoute)
	if r.overtaken("eth2", up, unix.EINVAL) || r.overtaken("eth2", up, unix.ENETDOWN) {
		t.Error("it is down as it was")
	}
	r.chains["eth2"] = []deed{up}
	if !r.overtaken("eth2", route, unix.ENETDOWN) || !r.overtaken("eth2", route, unix.EINVAL) {
		t.Error("it was brought up, and is down")
	}
	batch(t, "link set eth2 up")
	if r.overtaken("eth2", route, unix.EINVAL) || !r.overtaken("eth2", route, unix.ENETDOWN) {
		t.Error("it was brought up, and is so")
	}
}

// While a link flaps faster than anybody can follow nothing is held, and when it
// comes to rest the next turn is enough.
func TestStormOfFlaps_host_table(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	want := routesOf(t, "1002")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			exec.Command("sh", "-c", "ip link set eth2 down && ip link set eth2 up").Run()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for storm := true; storm; {
		select {
		case <-done:
			storm = false
		default:
		}
		if res := turn(t, m, c); res.Condition == Degraded {
			t.Fatalf("%s: %s", res.Condition, res.Message)
		}
	}
	converge(t, m, c)
	if got := routesOf(t, "1002"); !slices.Equal(got, want) {
		t.Error(got)
	}
}
