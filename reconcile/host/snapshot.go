//go:build linux

package host

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
)

// Snapshot is all that takes a turn back: for each chain what the turn was to make,
// what it was to remove or replace, and what the kernel takes along with that,
// whoever put it there. It is read just before the change, and holds nothing that
// the change cannot touch: a turn that only adds needs to know no route of a table
// of 200,000.
//
// It encodes as JSON, so that another process can undo with it and nothing else.
// The zero value undoes nothing.
type Snapshot struct {
	// At is when it was read, on the kernel's monotonic clock: lifetimes run on.
	At     time.Duration `json:"at"`
	Chains []*shot       `json:"chains"` // in the order in which the plan comes to them
}

// shot is the snapshot of one chain, the unit of undo.
type shot struct {
	Chain string `json:"chain"`
	// Made are the requests for what the turn was to make. Of what is found at these
	// places, undo removes what carries enid's mark.
	Made []object `json:"made,omitempty"`
	// Was is what was there: the whole of it for the links of Whole, whose lists of
	// addresses and routes the kernel may change by itself, else what was to go.
	Was   []object `json:"was,omitempty"`
	Whole []int    `json:"whole,omitempty"`
	Set   []value  `json:"set,omitempty"`

	gone map[string]bool // places of what the plan removes
}

// value is something that has no mark and is set, not made: up, an MTU, a number of
// queues, a mask. Objects are as plan/guest has them.
type value struct {
	Op     string          `json:"op"`
	Target plan.Ref        `json:"target"`
	Index  int             `json:"index"`          // of the link
	From   json.RawMessage `json:"from,omitempty"` // null: there was none
	To     json.RawMessage `json:"to,omitempty"`   // null: what the kernel makes of it
}

// Empty reports whether there is nothing to undo.
func (s *Snapshot) Empty() bool { return s == nil || len(s.Chains) == 0 }

// chain answers the shot of that chain; nil: nothing of it was to change.
func (s *Snapshot) chain(name string) *shot {
	for _, c := range s.Chains {
		if c.Chain == name {
			return c
		}
	}
	return nil
}

// whole answers all chains as one.
func (s *Snapshot) whole() *shot {
	out := &shot{}
	for _, c := range s.Chains {
		out.Made = append(out.Made, c.Made...)
		out.add(c.Was)
		out.Set = append(out.Set, c.Set...)
		for _, index := range c.Whole {
			out.whole(index)
		}
	}
	return out
}

// only answers the snapshot of one chain.
func (s *Snapshot) only(chain string) *Snapshot {
	out := &Snapshot{At: s.At}
	if c := s.chain(chain); c != nil {
		out.Chains = []*shot{c}
	}
	return out
}

// snapshot reads what the steps, and the kernel with them, are about to change.
func (m *Machine) snapshot(ctx context.Context, steps []*plan.Step, world, want *plan.World) (*Snapshot, error) {
	s := &Snapshot{At: monotonic()}
	routes, rules := false, false // of enid's own, some go
	for _, step := range steps {
		name := guest.Chain(step.Target, world, want)
		c := s.chain(name)
		if c == nil {
			c = &shot{Chain: name, gone: map[string]bool{}}
			s.Chains = append(s.Chains, c)
		}
		d := resolve(step.Op.ID, step.Target, world, want)
		if err := c.expect(m, d); err != nil {
			return nil, err
		}
		routes = routes || d.op == guest.DeleteRoute || d.op == guest.ReplaceRoute
		rules = rules || d.op == guest.DeleteRule
	}
	var own []placed
	for _, r := range []struct {
		asked bool
		raw
	}{{routes, raw{typ: unix.RTM_GETROUTE, protocol: guest.Protocol}}, {rules, raw{typ: unix.RTM_GETRULE, protocol: guest.Protocol}}} {
		if !r.asked {
			continue
		}
		found, err := m.objects(ctx, r.raw)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			own = append(own, placed{o, o.place(), o.level()})
		}
	}
	for _, c := range s.Chains {
		if err := c.fill(ctx, m, own); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// expect notes what a deed will make, remove or set.
func (c *shot) expect(m *Machine, d deed) error {
	if d.op == guest.SetLifetime {
		return c.lifetime(d)
	}
	req, netlink := m.request(d)
	if !netlink || req.Type == unix.RTM_NEWLINK {
		if d.op == guest.SetMTU || d.op == guest.SetLinkUp { // IPv6 comes and goes with either
			c.whole(d.index)
		}
		return c.set(m, d)
	}
	o := object{Type: req.Type &^ 1, Body: req.Serialize()[unix.SizeofNlMsghdr:]} // an even number and the next are one object's
	switch req.Type {
	case o.Type:
		c.Made = append(c.Made, o)
		if d.op == guest.ReplaceRoute {
			c.gone[o.place()] = true
		}
	case unix.RTM_DELADDR: // routes go with it, and others may be promoted
		c.whole(d.index)
	default:
		c.gone[o.place()] = true
	}
	return nil
}

func (c *shot) whole(index int) {
	if index != 0 && !slices.Contains(c.Whole, index) {
		c.Whole = append(c.Whole, index)
	}
}

// lifetime notes that an address was for ever. A lifetime that was longer or shorter
// is not set back: it is the lease's, which an undo does not end. Time changes it, so
// that there is nothing to compare it with later.
func (c *shot) lifetime(d deed) error {
	if a, ok := d.from.(guest.Address); !ok || a.Lifetime != 0 {
		return nil
	}
	from, err := encode(d.from)
	c.Set = append(c.Set, value{Op: d.op, Target: d.target, Index: d.index, From: from})
	return err
}

// set notes a value with what it was. A kind that cannot be set back is left out: a
// lease, say, is nothing on the machine.
func (c *shot) set(m *Machine, d deed) error {
	if valueKinds[d.target.Kind] == nil {
		return nil
	}
	v := value{Op: d.op, Target: d.target, Index: d.index}
	var err error
	if v.From, err = encode(d.from); err != nil {
		return err
	}
	if v.To, err = encode(d.to); err != nil {
		return err
	}
	c.Set = append(c.Set, v)
	if ch, ok := d.from.(guest.Channels); ok && d.op == guest.SetChannels {
		// Queues that go and come back do so with empty masks.
		for _, q := range m.allSteering(ch.Link, m.machine().CPUs) {
			from, err := encode(q)
			if err != nil {
				return err
			}
			c.Set = append(c.Set, value{Op: guest.SteeringOperation(q), Target: q.Ref(), Index: d.index, From: from})
		}
	}
	return nil
}

func encode(o plan.Object) (json.RawMessage, error) {
	if o == nil {
		return nil, nil
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("keep %T for an undo: %w", o, err)
	}
	return b, nil
}

// placed is an object with its place and level, which every chain asks for.
type placed struct {
	object
	at, level string
}

// fill reads what was there. own are enid's routes and rules where some of them go.
func (c *shot) fill(ctx context.Context, m *Machine, own []placed) error {
	levels := map[string]bool{} // of rules that go: the order of what stays there counts
	for _, o := range own {
		if c.gone[o.at] && o.Type == unix.RTM_NEWRULE {
			levels[o.level] = true
		}
	}
	for _, o := range own {
		if c.gone[o.at] || o.Type == unix.RTM_NEWRULE && levels[o.level] {
			c.Was = append(c.Was, o.object)
		}
	}
	for _, index := range c.Whole {
		for _, typ := range []int{unix.RTM_GETADDR, unix.RTM_GETROUTE} {
			found, err := m.objects(ctx, raw{typ: typ, link: index})
			if err != nil {
				return err
			}
			c.add(found)
		}
	}
	return nil
}

// add adds objects that are not among what was there yet.
func (c *shot) add(more []object) {
	known := forms(c.Was)
	for _, o := range more {
		if f := o.form(); known[f] == 0 {
			c.Was = append(c.Was, o)
			known[f]++
		}
	}
}

// forms counts objects by their form.
func forms(objects []object) map[string]int {
	out := make(map[string]int, len(objects))
	for _, o := range objects {
		out[o.form()]++
	}
	return out
}

// extend takes in what was read later, before a further change: what was there at
// first stays what was there, and what the turn itself made in between is not.
func (s *Snapshot) extend(later *Snapshot) {
	if len(s.Chains) == 0 {
		*s = *later
		return
	}
	for _, l := range later.Chains {
		c := s.chain(l.Chain)
		if c == nil {
			c = &shot{Chain: l.Chain}
			s.Chains = append(s.Chains, c)
		}
		made := map[string]bool{}
		for _, o := range c.Made {
			made[o.place()] = true
		}
		c.add(slices.DeleteFunc(slices.Clone(l.Was), func(o object) bool { return o.ours() && made[o.place()] }))
		for _, o := range l.Made {
			if !made[o.place()] {
				c.Made = append(c.Made, o)
			}
		}
		for _, index := range l.Whole {
			c.whole(index)
		}
		for _, v := range l.Set {
			i := slices.IndexFunc(c.Set, func(old value) bool { return old.Op == v.Op && old.Target == v.Target })
			if i < 0 {
				c.Set = append(c.Set, v)
			} else {
				c.Set[i].To = v.To
			}
		}
	}
}

// settle notes what outlived the turn: what of it is missing later was taken by
// somebody else, and is not put back.
func (m *Machine) settle(ctx context.Context, s *Snapshot) error {
	now, err := m.present(ctx, s.whole())
	if err != nil {
		return err
	}
	there := forms(now)
	for _, c := range s.Chains {
		for i := range c.Was {
			c.Was[i].Kept = there[c.Was[i].form()] > 0
		}
	}
	return nil
}

// present reads what there is now where the chain has, or had, anything.
func (m *Machine) present(ctx context.Context, c *shot) ([]object, error) {
	var asked []raw
	links := slices.Clone(c.Whole)
	for _, o := range slices.Concat(c.Made, c.Was) {
		if o.Type == unix.RTM_NEWRULE && !slices.Contains(asked, ownRules) {
			asked = append(asked, ownRules)
		}
		links = append(links, o.links()...)
	}
	slices.Sort(links)
	for _, index := range slices.Compact(links) {
		asked = append(asked, raw{typ: unix.RTM_GETADDR, link: index}, raw{typ: unix.RTM_GETROUTE, link: index})
	}
	var out []object
	for _, r := range asked {
		found, err := m.objects(ctx, r)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

var ownRules = raw{typ: unix.RTM_GETRULE, protocol: guest.Protocol}
