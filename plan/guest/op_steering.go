package guest

import (
	"fmt"
	"strings"

	"enid/plan"
	"enid/schema"
)

var (
	setRPS        = steer(SetRPS, KindRPS, rankRPS, "A 5")
	setXPS        = steer(SetXPS, KindXPS, rankXPS, "Linux networking/scaling")
	setQueueFlows = steer(SetQueueFlows, KindQueueFlows, rankQueueFlows, "Linux networking/scaling")
)

// SteeringOperation answers the verb that sets what the queue has.
func SteeringOperation(s Steering) string { return "Set" + string(s.Ref().Kind) }

// steer is the operation that sets the steering of a queue.
func steer(id string, kind schema.Kind, rank int, source string) *plan.Operation {
	return operation(plan.Operation{
		ID: id, Kind: kind, Action: plan.Update, Rank: rank, Source: source,
		Gives: func(v *plan.View, ref plan.Ref) bool {
			w, wanted := want[Steering](v, ref)
			s, there := is[Steering](v, ref)
			return wanted && (!there || s.Value() != w.Value())
		},
		Changes:  func(v *plan.View, ref plan.Ref) []plan.Change { return steered(v.Get(ref), v.Want.Get(ref)) },
		Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: channelsSet}},
		Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
	}, func(_ Machine, _, to plan.Object) string {
		s := to.(Steering)
		return fmt.Sprintf("echo %s > /sys/class/net/%s/queues/%s", s.Value(), s.Interface(), s.File())
	})
}

// channelsSet: the channels come first, for growing them empties masks; a queue's
// steering needs the queue.
func channelsSet(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Steering)
	channels := Channels{Link: w.Interface()}.Ref()
	c, _ := is[Channels](v, channels)
	l, _ := is[Link](v, LinkRef(w.Interface()))
	next, wanted := want[Channels](v, channels)
	if wanted && !c.same(next) && !c.stays(l, next) {
		return waitFor(channels, "the channels of %s are set first", w.Interface())
	}
	if v.Get(ref) == nil {
		queue, _, _ := strings.Cut(w.File(), "/")
		return waitFor(channels, "%s has no queue %s", w.Interface(), queue)
	}
	return fine()
}

// requeue does to the steering what the kernel does when channels change: queues
// that go take theirs along, those that come have a new one. Some drivers set XPS
// by themselves then, which is seen at the next look.
func requeue(e *plan.Effects, c Channels) {
	m, _ := e.Get(MachineRef).(Machine)
	none := FormatMask(nil, m.CPUs)
	refit(e, c.Receive(), func(i int) Steering { return RPS{Link: c.Link, Queue: i, Mask: m.NewQueueMask} })
	refit(e, c.Receive(), func(i int) Steering { return QueueFlows{Link: c.Link, Queue: i} })
	refit(e, c.Send(), func(i int) Steering { return XPS{Link: c.Link, Queue: i, Mask: none} })
}

// refit leaves the steering of n queues. Where none was read there is none.
func refit(e *plan.Effects, n int, born func(queue int) Steering) {
	if e.Get(born(0).Ref()) == nil {
		return
	}
	for i := range n {
		if s := born(i); e.Get(s.Ref()) == nil {
			e.Put(s.Ref(), s)
		}
	}
	for i := n; e.Get(born(i).Ref()) != nil; i++ {
		e.Put(born(i).Ref(), nil)
	}
}

var setSocketFlows = operation(plan.Operation{
	ID: SetSocketFlows, Kind: KindSocketFlows, Action: plan.Update, Rank: rankSocketFlows, Source: "Linux networking/scaling",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		f, there := is[SocketFlows](v, ref)
		w, wanted := want[SocketFlows](v, ref)
		return there && wanted && f.Entries != w.Entries
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return SocketFlows{}.Differs(v.Get(ref), v.Want.Get(ref))
	},
	Effect: func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
}, func(_ Machine, _, to plan.Object) string {
	return fmt.Sprintf("sysctl -w net.core.rps_sock_flow_entries=%d", to.(SocketFlows).Entries)
})
