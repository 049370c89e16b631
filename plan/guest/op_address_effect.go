package guest

import (
	"net/netip"

	"enid/plan"
)

// removeAddress does to the world what the kernel does when an address goes.
func removeAddress(e *plan.Effects, a Address) {
	if a.IPv6() { // nobody is promoted, and no route of enid's prefers a source
		e.Put(a.Ref(), nil)
		return
	}
	link, _ := e.Get(LinkRef(a.Link)).(Link)
	gone := []Address{a}
	var heir *Address
	if !a.Secondary {
		for _, ref := range e.Members(subnetOf(a)) {
			o := e.Get(ref).(Address)
			switch {
			case ref == a.Ref():
			case !link.Promote:
				gone = append(gone, o)
			case heir == nil || o.Order < heir.Order:
				heir = &o
			}
		}
	}
	if heir != nil {
		heir.Secondary = false
		e.Put(heir.Ref(), *heir)
	}
	for _, o := range gone {
		e.Put(o.Ref(), nil)
		flush(e, o.Link, func(r Route) bool { return r.Src.IsValid() && r.Src == o.Prefix.Addr() && !elsewhere(e, r.Src) })
	}
	if e.Count(addressesOf(a.Link, false)) == 0 {
		flush(e, a.Link, func(r Route) bool { return !r.IPv6() })
	}
}

// elsewhere reports whether the machine still has the address.
func elsewhere(e *plan.Effects, a netip.Addr) bool {
	for _, ref := range e.World().Refs() {
		if o, ok := e.Get(ref).(Address); ok && o.Prefix.Addr() == a {
			return true
		}
	}
	return false
}

// flush removes routes of a link, as the kernel does without saying so.
func flush(e *plan.Effects, link string, which func(Route) bool) {
	for _, ref := range e.Members(routesVia(link)) {
		r := e.Get(ref).(Route)
		if !which(r) {
			continue
		}
		e.Put(ref, nil)
		if !r.Ours() {
			e.Note(RuleForeignRoute, "the kernel removes the foreign route `%s` of table %s with it", r, TableName(r.Table))
		}
	}
}
