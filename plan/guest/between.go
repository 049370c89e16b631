package guest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// Between answers what would be done on the machine of that Host when the cloud's
// world goes from one to the other, and what is to be known about it; the machine is
// its Model. A Host that only the second world has begins with a bare machine; one
// that only the first has is left as it is. The error says that there is no such Host
// in either, or that the plan is not sound.
func Between(before, after *plan.World, host string, at time.Time) (*plan.Host, []plan.Advice, error) {
	was, err := Declared(before, host)
	is, gone := Declared(after, host)
	if err != nil && gone != nil {
		return nil, nil, gone
	}
	return change{before, after, at}.of(was, is)
}

// Hosts answers the same of all Hosts that have steps, by name, and all advice. It
// costs each world once, and then the Hosts that the change bears on.
func Hosts(before, after *plan.World, at time.Time) (hosts []*plan.Host, advice []plan.Advice, err error) {
	old := map[string]*Host{}
	for _, h := range DeclaredAll(before) {
		old[h.Name] = h
	}
	all := DeclaredAll(after)
	pairs := make([][2]*Host, 0, len(all))
	for _, h := range all {
		pairs = append(pairs, [2]*Host{old[h.Name], h})
		delete(old, h.Name)
	}
	for _, h := range old {
		pairs = append(pairs, [2]*Host{h, nil})
	}
	name := func(p [2]*Host) string {
		if p[1] != nil {
			return p[1].Name
		}
		return p[0].Name
	}
	slices.SortFunc(pairs, func(a, b [2]*Host) int {
		return schema.Ref{Name: name(a)}.Compare(schema.Ref{Name: name(b)})
	})
	c := change{before, after, at}
	for _, p := range pairs {
		host, more, err := c.of(p[0], p[1])
		if err != nil {
			return nil, nil, err
		}
		if len(host.Steps) > 0 {
			hosts = append(hosts, host)
		}
		advice = append(advice, more...)
	}
	return hosts, advice, nil
}

// change is a change of the cloud's world, at a time.
type change struct {
	before, after *plan.World
	at            time.Time
}

// of answers what the change does to one machine; either Host may be nil, and was is
// the one before.
func (c change) of(was, is *Host) (*plan.Host, []plan.Advice, error) {
	switch {
	case is == nil:
		return &plan.Host{Name: was.Name, Steps: []*plan.HostStep{}}, []plan.Advice{c.left(was)}, nil
	case was != nil && c.spares(was, is):
		return &plan.Host{Name: is.Name, Steps: []*plan.HostStep{}}, nil, nil
	}
	a := ask(c.after, is)
	from := &model{world: plan.NewWorld(index, 0), wanted: plan.NewWorld(index, 0)}
	if was == nil {
		return c.lead(from, a)
	}
	if !c.sameMachine(was, is) {
		host, advice, err := c.lead(from, a)
		return host, append(advice, another(was, is)), err
	}
	from, err := settled(c.before, was, c.at)
	if err != nil {
		return nil, nil, err
	}
	return c.lead(from, a)
}

// another says that a Host is a machine that enid has not touched.
func another(was, is *Host) plan.Advice {
	detail := "Instance/" + is.Instance + " is another one of its name, with nothing of enid's on it"
	if was.Instance != is.Instance {
		detail = fmt.Sprintf("is Instance/%s now, with nothing of enid's on it; what enid made on Instance/%s stays there", is.Instance, was.Instance)
	}
	return plan.Advice{Rule: RuleAttached, Target: schema.Ref{Kind: schema.KindHost, Name: is.Name}, Detail: detail}
}

// lead answers the steps from a model to what is asked.
func (c change) lead(from *model, a asked) (*plan.Host, []plan.Advice, error) {
	u := unfolding{asked: a, world: from.become(a), at: c.at}
	start := u.world
	if err := u.run(); err != nil {
		return nil, nil, err
	}
	out := &plan.Host{Name: a.host.Name, Steps: []*plan.HostStep{}}
	for _, d := range u.steps {
		out.Steps = append(out.Steps, from.said(d, start))
	}
	for _, s := range u.blocked {
		if !from.told[wordsOf(s)] {
			out.Steps = append(out.Steps, s)
		}
	}
	for i, s := range out.Steps {
		s.ID = domain.Prefix + itoa(i+1)
	}
	return out, c.advice(from, &u, len(out.Steps) > 0), nil
}

// advice answers what is to be known about a change: what was not to be before it.
func (c change) advice(from *model, u *unfolding, steps bool) (out []plan.Advice) {
	for _, x := range u.advice {
		if !from.told[fmt.Sprint(x)] {
			out = append(out, x)
		}
	}
	out = append(out, u.notes(from.asked)...)
	for _, e := range from.leaving(u.asked) {
		out = append(out, plan.Advice{Rule: RuleAttached, Target: e.Ref,
			Detail: fmt.Sprintf("leaves %s: where its NIC is unplugged before enid is done there, addresses and routes go with it, and enid removes the rules", u.host.Name)})
	}
	if steps {
		out = append(out, plan.Advice{Rule: RuleMatchMAC, Target: schema.Ref{Kind: schema.KindHost, Name: u.host.Name},
			Detail: "no machine was looked at: names of interfaces are assumed (eth0 is the primary one, ethN the ENI at device index N); enid finds them by MAC"})
	}
	return out
}

// left says what stays on a machine that is enid's no more: who declares no Host asks
// nothing of it any longer, and enid that runs there finds none and does nothing.
func (c change) left(was *Host) plan.Advice {
	return plan.Advice{Rule: RuleAttached, Target: schema.Ref{Kind: schema.KindHost, Name: was.Name},
		Detail: fmt.Sprintf("is not declared any more: enid does nothing on its machine from then on, and what it made there for %d ENIs (addresses, routes, rules) stays; to have it removed, detach them first", len(was.ENIs))}
}

// sameMachine reports whether a Host's machine is the one that it was.
func (c change) sameMachine(was, is *Host) bool {
	ref := schema.Ref{Kind: schema.KindInstance, Name: is.Instance}
	return was.Instance == is.Instance && born(c.before, ref) == born(c.after, ref)
}

// spares reports whether the change asks nothing new of a machine.
func (c change) spares(was, is *Host) bool {
	same := reflect.DeepEqual(was.own(), is.own()) && c.sameMachine(was, is)
	for _, e := range is.ENIs {
		same = same && born(c.before, e.Ref) == born(c.after, e.Ref)
	}
	return same
}

// own answers the Host with those public addresses of the state only that one of its
// ENIs has.
func (h *Host) own() *Host {
	out := *h
	out.Public = nil
	for _, e := range h.ENIs {
		for _, a := range e.Addresses {
			if h.public(a) {
				out.Public = append(out.Public, a)
			}
		}
	}
	return &out
}
