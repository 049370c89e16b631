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
	Requires: []plan.Requirement{{Rule: RuleMaximum, Check: withinMaximum}, {Rule: RuleMaximum, Check: noXDP}},
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

// noXDP: drivers refuse to change channels under a program that runs in them (each
// has buffers and a queue to send for it), and say no more than EINVAL.
func noXDP(v *plan.View, ref plan.Ref) plan.Verdict {
	link := v.Want.Get(ref).(Channels).Link
	if l, _ := is[Link](v, LinkRef(link)); l.XDP != 0 {
		return plan.Fails(fmt.Sprintf("detach it (`ip link set dev %s xdp off`) until the queues are set, or declare the number that is in use, or unmanaged", link),
			"%s runs the XDP program %d in its driver, which refuses to change channels meanwhile; `bpftool prog show id %d` says whose it is", link, l.XDP, l.XDP)
	}
	return fine()
}

// stays reports whether the channels of a link cannot become what is wanted: what
// needs no other number of queues does not wait for them.
func (c Channels) stays(l Link, want Channels) bool {
	return want.over() || l.XDP != 0 && !c.same(want)
}

func channelsCommand(_ Machine, from, to plan.Object) string {
	var b strings.Builder
	b.WriteString("ethtool -L " + to.(Channels).Link)
	for _, c := range channelChanges(from.(Channels), to.(Channels)) {
		fmt.Fprintf(&b, " %s %d", c.Path, c.To)
	}
	return b.String()
}
