package guest

import (
	"fmt"
	"strings"

	"enid/plan"
)

// eni wants what one secondary ENI asks for, or says why not.
func (w *wanting) eni(e ENI) {
	link, ok := w.match(e)
	if !ok {
		return
	}
	g := e.Guest
	up := link
	up.Up = true
	if g.MTU != 0 {
		up.MTU = g.MTU
	}
	w.World.Put(up.Ref(), up)
	w.queues(e.Ref, link.Name, g)
	w.sysctls(e.Ref, link.Name)
	if g.Addressing == "none" {
		return
	}
	if !w.numbers(e, link) {
		return
	}
	w.nic(e, link)
	if homes := w.addresses(e, link); len(homes) > 0 {
		w.paths(e, link, append(homes, w.delegated(e, link)...))
	}
}

// match finds the interface of an ENI by its MAC, and judges whether the ENI may
// be configured at all.
func (w *wanting) match(e ENI) (link Link, ok bool) {
	switch {
	case w.h.Classic:
		w.block(e.Ref, "AddAddress", e.MAC, RuleClassic, "Instance/"+w.h.Instance+" is classic: its guest's addresses are never touched",
			"detach the ENI, or move the instance to a VPC")
		return link, false
	case !e.Attached:
		if e.MAC != "" && len(e.Predicted) == 0 {
			w.Waiting = append(w.Waiting, e.MAC)
		}
		return link, false
	case len(e.Predicted) > 0:
		w.block(e.Ref, "AddAddress", e.Ref.Name, RuleVerify, fmt.Sprintf("%s of %s is enid's own guess: no cloud has said it", strings.Join(e.Predicted, ", "), e.Ref),
			"declare the value in the files, import it, or let enid read it from the cloud")
		return link, false
	case e.MAC == "":
		w.block(e.Ref, "SetLinkUp", e.Ref.Name, RuleMatchMAC, "the MAC of "+e.Ref.String()+" is not known", "declare it in the files, or import it")
		return link, false
	}
	return w.matchMAC(e)
}

func (w *wanting) matchMAC(e ENI) (link Link, ok bool) {
	found := ByMAC(w.links, e.MAC)
	switch {
	case len(found) == 0:
		w.Waiting = append(w.Waiting, e.MAC)
		w.block(e.Ref, "SetLinkUp", e.MAC, RuleMatchMAC, "no interface has the MAC "+e.MAC+" of "+e.Ref.String(),
			"enid goes on by itself when the NIC appears")
		return link, false
	case len(found) > 1:
		var names []string
		for _, l := range found {
			names = append(names, l.Name)
			w.stay(e, l.Name)
		}
		w.block(e.Ref, "SetLinkUp", found[0].Name, RuleMatchMAC, fmt.Sprintf("%s all have the MAC %s of %s: which is its NIC cannot be told",
			strings.Join(names, ", "), e.MAC, e.Ref), "give all but one of them another MAC")
		return link, false
	}
	link = found[0]
	switch {
	case link.Name == w.Primary, SameMAC(w.h.PrimaryMAC, e.MAC):
		w.block(e.Ref, "AddAddress", link.Name, RuleKeepDefault, fmt.Sprintf("%s declares the MAC %s of %s, which is the primary interface",
			e.Ref, e.MAC, link.Name), "correct the MAC; the primary ENI belongs to the Instance")
		return link, false
	case link.Master != "":
		w.block(e.Ref, "AddAddress", link.Name, RuleMatchMAC, link.Name+" belongs to "+link.Master, "take it out of "+link.Master)
		return link, false
	}
	return link, true
}

// stay wants what is enid's own on an ENI's interface as it is: that somebody makes
// another interface with its MAC is no reason to take down what works.
func (w *wanting) stay(e ENI, link string) {
	w.tables[e.Guest.Table], w.metrics[e.Guest.Metric] = e.Ref, e.Ref
	w.observed.Each(func(ref plan.Ref, o plan.Object) {
		on, _ := o.(object)
		r, rule := o.(Rule)
		switch l, lease := o.(Lease); {
		case lease && l.Link == link:
			w.World.Put(ref, Lease{Link: l.Link, For: l.For})
		case Ours(o) && ref.Kind != KindFile && on.Interface() == link,
			rule && r.Ours() && r.Src == e.net(r.Src.Addr().Is6()).Subnet.Masked():
			w.World.Put(ref, o)
		}
	})
}

// ByMAC answers the links of that MAC: NICs by the permanent one; where no NIC
// has it so, links whose driver has no permanent MAC by the one they have, those
// left out that borrow it from the NIC below them.
func ByMAC(links []Link, mac string) (found []Link) {
	for _, l := range links {
		if SameMAC(l.PermMAC, mac) && !stacked[l.Kind] {
			found = append(found, l)
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, l := range links {
		if l.PermMAC == "" && SameMAC(l.MAC, mac) && !stacked[l.Kind] {
			found = append(found, l)
		}
	}
	return found
}

// numbers judges an ENI's metric, table and priorities.
func (w *wanting) numbers(e ENI, link Link) bool {
	t, m := e.Guest.Table, e.Guest.Metric
	other, table := w.tables[t]
	another, metric := w.metrics[m]
	switch {
	case e.DeviceIndex < 1 || e.DeviceIndex > Band:
		w.block(e.Ref, "AddRule", link.Name, RuleRule, fmt.Sprintf("device index %d has no rule priority", e.DeviceIndex), fmt.Sprintf("use 1 to %d", Band))
	case t < 1 || t >= TableDefault && t <= TableLocal:
		w.block(e.Ref, "AddRoute", link.Name, RuleTable, fmt.Sprintf("table %d is the kernel's own", t), "declare another table")
	case table:
		w.block(e.Ref, "AddRoute", link.Name, RuleTable, fmt.Sprintf("table %d is %s's already", t, other), "declare another table for one of them")
	case metric:
		w.block(e.Ref, "AddRoute", link.Name, RuleMetric, fmt.Sprintf("metric %d is %s's already", m, another), "declare another metric for one of them")
	default:
		w.tables[t], w.metrics[m] = e.Ref, e.Ref
		return true
	}
	return false
}
