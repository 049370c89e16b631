package guest

import (
	"fmt"
	"strings"

	"enid/plan"
)

var setChannels = operation(plan.Operation{
	ID: SetChannels, Kind: KindChannels, Action: plan.Update, Rank: rankChannels, Source: "A 5",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		c, ok := is[Channels](v, ref)
		w, wanted := want[Channels](v, ref)
		return ok && wanted && !c.same(w)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return channelChanges(v.Get(ref).(Channels), v.Want.Get(ref).(Channels))
	},
	Requires: []plan.Requirement{{Rule: RuleMaximum, Check: withinMaximum}},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		old, now := e.Get(ref).(Channels), e.Want.Get(ref).(Channels)
		old.Combined, old.RX, old.TX = now.Combined, now.RX, now.TX
		e.Put(ref, old)
		requeue(e, old)
	},
}, channelsCommand)

func (c Channels) same(o Channels) bool {
	return c.Combined == o.Combined && c.RX == o.RX && c.TX == o.TX
}

func channelChanges(from, to Channels) (out []plan.Change) {
	add := func(path string, a, b int) {
		if a != b {
			out = append(out, plan.Change{Path: path, From: a, To: b})
		}
	}
	add("combined", from.Combined, to.Combined)
	add("rx", from.RX, to.RX)
	add("tx", from.TX, to.TX)
	return out
}

// withinMaximum: more channels than the driver has is EINVAL, never fewer.
func withinMaximum(v *plan.View, ref plan.Ref) plan.Verdict {
	c, _ := is[Channels](v, ref)
	w := v.Want.Get(ref).(Channels)
	for _, x := range []struct {
		what     string
		ask, max int
	}{{"combined", w.Combined, c.MaxCombined}, {"rx", w.RX, c.MaxRX}, {"tx", w.TX, c.MaxTX}} {
		if x.ask > x.max {
			return plan.Fails(fmt.Sprintf("ask for %d queues or fewer, or for auto", x.max), "%d %s queues are asked for; the driver of %s has at most %d", x.ask, x.what, c.Link, x.max)
		}
	}
	return plan.Holds("%d of at most %d", max(w.Combined, w.RX), max(c.MaxCombined, c.MaxRX))
}

// requeue does to the masks what the kernel does when channels change: queues that
// go take their mask along, those that come have a new one.
func requeue(e *plan.Effects, c Channels) {
	if e.Get(RPSRef(c.Link, 0)) == nil {
		return // no masks were read: a kernel without RPS
	}
	m, _ := e.Get(MachineRef).(Machine)
	n := c.Receive()
	for i := range n {
		if e.Get(RPSRef(c.Link, i)) == nil {
			e.Put(RPSRef(c.Link, i), RPS{Link: c.Link, Queue: i, Mask: m.NewQueueMask})
		}
	}
	for i := n; e.Get(RPSRef(c.Link, i)) != nil; i++ {
		e.Put(RPSRef(c.Link, i), nil)
	}
}

var setRPS = operation(plan.Operation{
	ID: SetRPS, Kind: KindRPS, Action: plan.Update, Rank: rankRPS, Source: "A 5",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[RPS](v, ref)
		r, there := is[RPS](v, ref)
		return wanted && (!there || r != w)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		r, _ := is[RPS](v, ref)
		return []plan.Change{{Path: "rps_cpus", From: r.Mask, To: v.Want.Get(ref).(RPS).Mask}}
	},
	Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: channelsSet}},
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
}, func(_ Machine, _, to plan.Object) string {
	q := to.(RPS)
	return fmt.Sprintf("echo %s > /sys/class/net/%s/queues/rx-%d/rps_cpus", q.Mask, q.Link, q.Queue)
})

// channelsSet: the channels come first, for growing them empties masks; a queue's
// mask needs the queue.
func channelsSet(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(RPS)
	channels := Channels{Link: w.Link}.Ref()
	c, _ := is[Channels](v, channels)
	next, wanted := want[Channels](v, channels)
	if wanted && !c.same(next) && !next.over() {
		return waitFor(channels, "the channels of %s are set first", w.Link)
	}
	if _, there := is[RPS](v, ref); !there {
		return waitFor(channels, "%s has no queue rx-%d", w.Link, w.Queue)
	}
	return fine()
}

func channelsCommand(_ Machine, from, to plan.Object) string {
	var b strings.Builder
	b.WriteString("ethtool -L " + to.(Channels).Link)
	for _, c := range channelChanges(from.(Channels), to.(Channels)) {
		fmt.Fprintf(&b, " %s %d", c.Path, c.To)
	}
	return b.String()
}
