//go:build linux

package host

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// valueKinds decode what a Snapshot keeps of values, by kind. A kind that is not
// here cannot be undone: nothing of it belongs into a turn that may have to be.
var valueKinds = map[schema.Kind]func(json.RawMessage) (plan.Object, error){
	guest.KindAddress:     decode[guest.Address], // its lifetime
	guest.KindLink:        decode[guest.Link],
	guest.KindChannels:    decode[guest.Channels],
	guest.KindRPS:         decode[guest.RPS],
	guest.KindXPS:         decode[guest.XPS],
	guest.KindQueueFlows:  decode[guest.QueueFlows],
	guest.KindSocketFlows: decode[guest.SocketFlows],
	guest.KindService:     decode[guest.Service],
	guest.KindSysctl:      decode[guest.Sysctl],
}

func decode[T plan.Object](b json.RawMessage) (plan.Object, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var o T
	err := json.Unmarshal(b, &o)
	return o, err
}

// Undoable reports whether a turn that changes objects of that kind can be undone. A
// lease needs no undoing: it runs out.
func Undoable(k schema.Kind) bool {
	return valueKinds[k] != nil || k == guest.KindRoute || k == guest.KindRule || k == guest.KindLease
}

// follow has values stand for the links that they were read from, by the names that
// these have now: sysfs, procfs and ethtool go by name, and another NIC may have taken
// it. What was on a link that is gone went with it.
func (c *shot) follow(n names) error {
	set := c.Set[:0]
	for _, v := range c.Set {
		name, there := n.byIndex[v.Index]
		if v.Index != 0 && !there {
			continue
		}
		if v.Index != 0 {
			if err := v.rename(name); err != nil {
				return err
			}
		}
		set = append(set, v)
	}
	c.Set = set
	return nil
}

func (v *value) rename(link string) error {
	if v.Target.Kind == guest.KindLink {
		v.Target = guest.LinkRef(link)
	}
	for _, raw := range []*json.RawMessage{&v.From, &v.To} {
		o, err := valueKinds[v.Target.Kind](*raw)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		o = guest.OnLink(o, link)
		v.Target = o.(interface{ Ref() plan.Ref }).Ref()
		if *raw, err = encode(o); err != nil {
			return err
		}
	}
	return nil
}

// What undo does and no plan ever does.
const (
	setLinkDown  = "SetLinkDown"
	setNoPromote = "SetNoPromoteSecondaries"
)

// linksDown takes the links down that the turn brought up, unless somebody else has
// put something there since: a link that goes down takes everybody's routes along.
func (b *back) linksDown(context.Context) error {
	for _, v := range b.shot.Set {
		if v.Op != guest.SetLinkUp {
			continue
		}
		l, there, err := b.m.linkNow(v.Index)
		if err != nil {
			return err
		}
		if !there || !l.Up {
			continue
		}
		if o, used := b.usedByOthers(v.Index); used {
			b.res.Left = append(b.res.Left, fmt.Sprintf("%s stays up: another program has put %s there", l.Name, o.named(b.n)))
			continue
		}
		b.do(deed{op: setLinkDown, target: v.Target, index: v.Index})
		b.down[v.Index] = true
	}
	return nil
}

// usedByOthers answers something on the link that neither enid nor the kernel made,
// and that was not there before the turn.
func (b *back) usedByOthers(index int) (object, bool) {
	for _, o := range b.now {
		if !o.ours() && !o.kernels() && b.was[o.form()] == 0 && o.Type != unix.RTM_NEWRULE && o.links()[0] == index {
			return o, true
		}
	}
	return object{}, false
}

// links sets back what is the links' own, before their addresses: below 1,280 bytes
// there are none of IPv6.
func (b *back) links(ctx context.Context) error {
	return b.set(ctx, func(v value) bool { return v.Op == guest.SetMTU })
}

// values sets the rest back. Whether one is no longer what the turn made of it, and
// whether it is what it was, the operation's own row of the table decides.
func (b *back) values(ctx context.Context) error {
	return b.set(ctx, func(v value) bool { return v.Op != guest.SetMTU && v.Op != guest.SetLinkUp })
}

func (b *back) set(ctx context.Context, now func(value) bool) error {
	for _, v := range b.shot.Set {
		if !now(v) {
			continue
		}
		// What was set before may have changed it: it is read anew each time.
		o, err := b.m.read(ctx, guest.Reading{All: true, Masks: true, XPS: true, RFS: true, Services: true, Sysctls: true})
		if err != nil {
			return err
		}
		if err := b.setBack(v, guest.World(o)); err != nil {
			return err
		}
	}
	return nil
}

func (b *back) setBack(v value, world *plan.World) error {
	is := world.Get(v.Target)
	if is == nil {
		return nil // it went with its link or queue
	}
	if v.Op == guest.SetPromote {
		if !b.m.sysctl("ipv4/conf/" + v.Target.Name + "/promote_secondaries") {
			return nil
		}
		b.do(deed{op: setNoPromote, target: v.Target, index: v.Index})
		return nil
	}
	differs := func(raw json.RawMessage) (plan.Object, bool, error) {
		o, err := valueKinds[v.Target.Kind](raw)
		if err != nil || o == nil {
			return nil, false, err
		}
		want := world.Fork()
		want.Put(v.Target, o)
		return o, guest.Domain().Operation(v.Op).Gives(plan.NewView(world, want, time.Time{}), v.Target), nil
	}
	from, isOther, err := differs(v.From)
	if err != nil || !isOther {
		return err
	}
	if _, changed, err := differs(v.To); err != nil || changed {
		b.res.Left = append(b.res.Left, fmt.Sprintf("%s: another program has changed it since", v.Target))
		return err
	}
	b.do(deed{op: v.Op, target: v.Target, from: is, to: from, index: v.Index})
	return nil
}

// do does one deed.
func (b *back) do(d deed) {
	if err := b.m.do(context.Background(), []deed{d})[0]; err != nil {
		b.res.Failed = append(b.res.Failed, err.Error())
		return
	}
	b.res.Changed++
}
