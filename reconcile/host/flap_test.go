//go:build linux

package host

import (
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// A link takes its routes along when it goes down, however short. That is nobody's
// doing to enid: it is healed as often as it happens.
func TestFlapsAreNoFight_host_metric_host_table(t *testing.T) {
	example(t)
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	c.attach("web-1-c", mac2, 2, "10.0.1.21").spec.Subnet = "db"
	converge(t, m, c)
	main, table, rules := routesOf(t, "main"), routesOf(t, "1002"), rulesOf(t)
	for i := range 20 {
		batch(t, "link set eth2 down")
		if i%2 == 0 { // the others are faster than the observation
			turn(t, m, c)
		}
		batch(t, "link set eth2 up")
		converge(t, m, c)
		same(t, routesOf(t, "main"), main...)
		same(t, routesOf(t, "1002"), table...)
		same(t, rulesOf(t), rules...)
		now = now.Add(500 * time.Millisecond)
	}
}

// A NIC that is plugged again and again takes its addresses along as well.
func TestReplugsAreNoFight_host_match_mac(t *testing.T) {
	example(t)
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	converge(t, m, c)
	for i := range 8 {
		batch(t, "link delete eth2")
		if i%2 == 0 {
			turn(t, m, c)
		}
		veth(t, "eth2", mac2)
		converge(t, m, c)
	}
}

// Single objects that vanish again and again are somebody's doing: the sixth time in
// a minute is told. Making them in the first place does not count.
func TestFightsAreCounted_host_rule_host_metric(t *testing.T) {
	for _, harm := range []string{"rule delete priority 9001", "route delete default dev eth2 metric 1002",
		"route flush table 1002", "address delete 10.0.0.21/24 dev eth2"} {
		example(t)
		now := time.Unix(1e9, 0)
		m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
		converge(t, m, c)
		for range fightRepairs {
			batch(t, harm)
			now = now.Add(time.Second)
			converge(t, m, c)
		}
		batch(t, harm)
		res := turn(t, m, c)
		if res.Condition != Degraded || !strings.Contains(res.Message, "it was put back 6 times") {
			t.Errorf("%s: %s: %s", harm, res.Condition, res.Message)
		}
	}
}

// A chain that failed and was undone has put nothing back, however often it was
// tried before it was done.
func TestRetriesAreNoFight_host_verify(t *testing.T) {
	example(t)
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	c.more = append(c.more, oddSubnet())
	for range 2 * fightRepairs {
		c.enis["web-1-b"].spec.Subnet = "odd"
		if res := turn(t, m, c); res.Condition != Degraded || strings.Contains(res.Message, "another program") {
			t.Fatalf("%s: %s", res.Condition, res.Message)
		}
		m.holds.chains = nil // as if its time were over; repairs are judged by the clock
	}
	c.enis["web-1-b"].spec.Subnet = "web"
	converge(t, m, c)
	for ref, r := range m.holds.repairs {
		if len(r.times) > 0 {
			t.Errorf("%s was put back %d times", ref, len(r.times))
		}
	}
}

// A second writer's chain is held once for each time that it was put back: what is
// done elsewhere does not prolong it.
func TestFightIsHeldOnce(t *testing.T) {
	at := time.Unix(1e9, 0)
	world := guest.World(guest.Objects{})
	rule := plan.Ref{Kind: guest.KindRule, Name: "9000"}
	h := &holds{flaps: map[string]time.Time{}, repairs: map[plan.Ref]*repair{rule: {chain: "eth1", made: at, times: slices.Repeat([]time.Time{at}, fightRepairs)}}}
	h.did("eth1", &plan.Step{Action: plan.Create, Target: rule}, at, world, world)
	nobody := func(schema.Kind) []string { return nil }
	h.fights(at, nobody)
	for i := range 5 {
		h.fights(at.Add(time.Duration(i+1)*time.Second), nobody)
	}
	if x := h.chains["eth1"]; x == nil || x.last != firstHold || !x.fight {
		t.Errorf("%+v", x)
	}
}
