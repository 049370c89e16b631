//go:build linux

package host

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What others break is put back, whatever it is.
func TestHeal_host_table_host_rule_host_metric(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	rules, main, table := rulesOf(t), routesOf(t, "main"), routesOf(t, "1001")
	for _, harm := range []string{
		"rule delete priority 9000", "route flush table 1001", "address delete 10.0.0.20/24 dev eth1",
		"link set eth1 down", "route delete default dev eth2 metric 1002", "link set eth1 down\nlink set eth1 up",
		"route replace default via 10.0.0.254 dev eth1 table 1001 proto 101 onlink",
	} {
		batch(t, strings.Split(harm, "\n")...)
		if res := converge(t, m, c); len(res.Done) == 0 {
			t.Errorf("%s: nothing was done", harm)
		}
		same(t, rulesOf(t), rules...)
		same(t, routesOf(t, "main"), main...)
		same(t, routesOf(t, "1001"), table...)
		again(t, m, c)
	}
}

// A NIC that is not there is waited for, and brought in when it comes.
func TestNICAppearsLater_host_match_mac_host_attached(t *testing.T) {
	example(t)
	sh(t, "ip link delete eth2")
	m, c := open(t, Options{}), exampleCloud()
	c.attach("web-1-d", "00:16:3e:00:00:09", 3, "10.0.0.29").status.Phase = "attaching"
	res := turn(t, m, c)
	same(t, res.WaitingFor, "00:16:3e:00:00:09", mac2)
	if res.Condition != Waiting {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
	same(t, blockedBy(res.Blocked), "host.match-mac")
	same(t, standings(res), "web-1-b eth1 Converged", "web-1-c  Waiting", "web-1-d  Waiting")
	if len(rulesOf(t)) != 3 {
		t.Errorf("the other ENI is to be there: %v", rulesOf(t))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hints := m.Watch(ctx)
	<-hints // of the subscription itself
	veth(t, "eth7", mac2)
	select {
	case <-hints:
	case <-time.After(5 * time.Second):
		t.Fatal("no hint of the NIC")
	}
	delete(c.enis, "web-1-d")
	same(t, standings(converge(t, m, c)), "web-1-b eth1 Converged", "web-1-c eth7 Converged")
	if got := lines(t, "ip -4 -br address show dev eth7"); !strings.Contains(got[0], "10.0.0.21/24") {
		t.Errorf("the name of the interface does not matter: %v", got)
	}
}

// standings are how the machine stands to its ENIs, a line each.
func standings(res Result) (out []string) {
	for _, s := range res.ENIs {
		out = append(out, fmt.Sprintf("%s %s %s", s.Name, s.Interface, s.Condition))
	}
	return out
}

// What is in an ENI's way is said of that ENI.
func TestStandingOfWhatIsBlocked(t *testing.T) {
	example(t)
	sh(t, "ip route add unreachable 192.0.2.0/24 table 1002")
	m, c := open(t, Options{}), exampleCloud()
	same(t, standings(turn(t, m, c)), "web-1-b eth1 Converged", "web-1-c eth2 Degraded")
}

// settled waits until the kernel has said of the links that they are up: it does
// so up to a second after they were brought up.
func settled(t *testing.T, links ...string) {
	t.Helper()
	for range 500 {
		up := 0
		for _, name := range links {
			if l := ipJSON(t, "link", "show", name); l[0]["operstate"] == "UP" {
				up++
			}
		}
		if up == len(links) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%v are not up", links)
}

// Own changes give no hints, so that the loop comes to rest; others' do.
func TestWatch(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	ctx, cancel := context.WithCancel(context.Background())
	hints := m.Watch(ctx)
	<-hints
	hinted := func(within time.Duration) bool {
		select {
		case <-hints:
			return true
		case <-time.After(within):
			return false
		}
	}
	settled(t, "eth1", "eth2")
	for hinted(100 * time.Millisecond) {
	}
	c.host.Routing.MetricBase = 1101
	converge(t, m, c)
	if hinted(50 * time.Millisecond) {
		t.Error("a hint of a change of enid's own")
	}
	for _, harm := range []string{"rule delete priority 9000", "route flush table 1001", "address delete 10.0.0.20/24 dev eth1",
		"link set eth1 down", "rule add from 1.2.3.4 lookup main priority 44", "route delete default dev eth0"} {
		batch(t, harm)
		if !hinted(5 * time.Second) {
			t.Errorf("no hint of: %s", harm)
		}
		time.Sleep(10 * time.Millisecond)
		hinted(0)
	}
	batch(t, "route add 192.0.2.0/24 dev eth0 table 77")
	if hinted(50 * time.Millisecond) {
		t.Error("a hint of a table that is no concern of the host")
	}
	cancel()
	select {
	case _, open := <-hints:
		if open {
			<-hints
		}
	case <-time.After(5 * time.Second):
		t.Error("the channel is not closed")
	}
}

// Events that overflow the subscription end in a hint and a new subscription.
func TestWatchOverflow(t *testing.T) {
	example(t)
	m := open(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f, err := subscribe()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	hints := m.Watch(ctx)
	<-hints
	c := exampleCloud()
	converge(t, m, c)
	var flood []string
	for i := range 2000 {
		flood = append(flood, "rule add from 192.0.2.1 lookup main priority "+itoa(10000+i))
	}
	batch(t, flood...)
	select {
	case <-hints:
	case <-time.After(5 * time.Second):
		t.Fatal("no hint")
	}
	clean(t)
}

// A turn that is cut short anywhere is completed by the next one.
func TestKilledInTheMiddle(t *testing.T) {
	lawLab(t)
	for stop := 1; stop < 16; stop += 2 {
		wipe(t)
		m, c := open(t, Options{}), exampleCloud()
		m.opts.limit = stop
		_, err := m.Turn(context.Background(), c.world(), "web-1")
		if !Stopped(err) {
			t.Fatalf("after %d steps: %v", stop, err)
		}
		next := open(t, Options{})
		converge(t, next, c)
		if rules := rulesOf(t); len(rules) != 6 {
			t.Fatalf("after %d steps: %v", stop, rules)
		}
		again(t, next, c)
		clear(c.enis)
		next.opts.limit = stop
		if _, err := next.Turn(context.Background(), c.world(), "web-1"); !Stopped(err) && stop < 14 {
			t.Fatalf("removal, after %d steps: %v", stop, err)
		}
		converge(t, open(t, Options{}), c)
		if left := append(rulesOf(t), routesOf(t, "1001")...); len(left) > 0 {
			t.Fatalf("removal, after %d steps: %v", stop, left)
		}
	}
}

// A chain that fails is undone, the others go on, and it is tried again later.
func TestUndo_host_verify(t *testing.T) {
	example(t)
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	// The kernel refuses a gateway that is no unicast address of one host.
	c.enis["web-1-b"].spec.Subnet = "odd"
	c.more = append(c.more, oddSubnet())
	res := turn(t, m, c)
	if res.Condition != Degraded || !slices.Contains(blockedBy(res.Blocked), "plan.held") || res.RetryAfter != firstHold {
		t.Fatalf("%s: %s, again after %s", res.Condition, res.Message, res.RetryAfter)
	}
	same(t, lines(t, "ip -4 -br address show dev eth1"))
	if strings.Contains(sh(t, "ip link show eth1"), "UP") {
		t.Error("the link is still up")
	}
	if rules := rulesOf(t); len(rules) != 3 {
		t.Errorf("the other ENI: %v", rules)
	}
	again(t, m, c)
	now = now.Add(firstHold)
	if res := turn(t, m, c); res.RetryAfter != 2*firstHold {
		t.Errorf("again after %s", res.RetryAfter)
	}
	c.enis["web-1-b"].spec.Subnet = "web"
	now = now.Add(2 * firstHold)
	converge(t, m, c)
}
