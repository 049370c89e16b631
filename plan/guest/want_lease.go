package guest

import (
	"fmt"
	"time"
)

// leased wants the primary private address of an ENI as DHCP gives it; ok is false
// while it may not be configured. Routes, rules and further addresses follow from
// the topology as they do without DHCP: of a lease only the address counts, and for
// how long.
//
// What is on the link already stays while no server has answered: a new process of
// enid's asks for it again, and takes nothing away meanwhile. What it was leased
// before no longer counts once a server has refused it, or gives another.
func (w *wanting) leased(e ENI, link Link, own Address) (_ Address, ok bool) {
	ask := Lease{Link: link.Name, For: own.Prefix.Addr()}
	prior, there := w.observed.Get(own.Ref()).(Address)
	ask.Again = there && prior.Ours
	w.World.Put(ask.Ref(), ask)
	l, asked := w.observed.Get(ask.Ref()).(Lease)
	if l.For != ask.For {
		l, asked = Lease{}, false // it asks for what was declared before
	}
	switch {
	case l.Address.IsValid():
		if l.Address.Bits() != own.Prefix.Bits() {
			w.advise(e.Ref, RuleVerify, fmt.Sprintf("the DHCP server %s gives %s the length /%d, and the subnet of %s has /%d, which is what counts",
				l.Server, link.Name, l.Address.Bits(), e.Ref, own.Prefix.Bits()))
		}
		own.Lifetime = l.Lifetime
		return own, true
	case l.Other.IsValid():
		w.block(e.Ref, AddAddress, link.Name, RuleVerify, fmt.Sprintf("the DHCP server %s gives %s to %s, and %s has %s", l.Server, l.Other, link.Name, e.Ref, ask.For),
			"correct the address in the files, or what the server reserves for "+e.MAC+"; enid takes no other one, and asks again by itself")
		return own, false
	case l.Lost != "":
		w.block(e.Ref, AddAddress, link.Name, RuleLease, fmt.Sprintf("%s is no longer leased to %s: %s", ask.For, link.Name, l.Lost), "enid asks for it again by itself")
		return own, false
	case ask.Again:
		own.Lifetime = prior.Lifetime
	}
	switch {
	case !asked && !ask.Again:
		w.advise(e.Ref, RuleLease, fmt.Sprintf("%s and what needs it is configured once a DHCP server on %s leases it", ask.For, link.Name))
	case asked:
		w.unanswered(e, link, l, own, ask.Again)
	}
	return own, ask.Again
}

// unanswered says that nobody has answered on the link yet.
func (w *wanting) unanswered(e ENI, link Link, l Lease, own Address, there bool) {
	detail := "no answer from a DHCP server on " + link.Name + " yet"
	if l.Trouble != "" {
		detail = "nothing can be leased on " + link.Name + ": " + l.Trouble
	} else {
		w.Asking = append(w.Asking, link.Name)
	}
	switch {
	case there && own.Lifetime > 0:
		detail += fmt.Sprintf("; %s stays for another %s", l.For, own.Lifetime.Round(time.Second))
	case there:
		detail += fmt.Sprintf("; %s stays", l.For)
	}
	w.block(e.Ref, AddAddress, link.Name, RuleLease, detail, "enid goes on by itself when one answers; or declare addressing: static")
}
