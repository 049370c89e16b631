package guest

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// The indexes of host worlds.
const (
	indexAddresses plan.Index = iota + 1 // Ref: a link, Addr: a family; its addresses
	indexElsewhere                       // Addr: the addresses that are it, on any link, of others
	indexSubnet                          // Ref: prefix length and link, Addr: its network; the addresses of it
	indexForeign                         // Addr: a table's number and family; the foreign routes in it
	indexVia                             // Ref: a link; the routes over it
	indexDefaults                        // Addr: a family; main's default routes that enid did not make
	indexLookups                         // Addr: a table's number and family; enid's own rules that look it up
	indexFrom                            // Ref: prefix length, Addr: a source; enid's own rules from it
	indexTentative                       // enid's own addresses under detection of duplicates
)

// none is the address of a family that is no address: a term's word for the family.
func none(v6 bool) netip.Addr {
	if v6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

func addressesOf(link string, v6 bool) plan.Term {
	return plan.Term{Index: indexAddresses, Ref: LinkRef(link), Addr: none(v6)}
}
func foreignAddr(a netip.Addr) plan.Term { return plan.Term{Index: indexElsewhere, Addr: a} }
func subnetOf(a Address) plan.Term {
	return plan.Term{Index: indexSubnet, Ref: plan.Ref{Kind: lengths[a.Prefix.Bits()], Name: a.Link}, Addr: a.Prefix.Masked().Addr()}
}
func foreignIn(table uint32, v6 bool) plan.Term {
	return plan.Term{Index: indexForeign, Addr: numbered(table, v6)}
}
func routesVia(link string) plan.Term { return plan.Term{Index: indexVia, Ref: LinkRef(link)} }
func mainDefaults(v6 bool) plan.Term  { return plan.Term{Index: indexDefaults, Addr: none(v6)} }
func lookups(table uint32, v6 bool) plan.Term {
	return plan.Term{Index: indexLookups, Addr: numbered(table, v6)}
}
func tentative() plan.Term { return plan.Term{Index: indexTentative} }
func rulesFrom(src netip.Prefix) plan.Term {
	return plan.Term{Index: indexFrom, Ref: plan.Ref{Kind: lengths[src.Bits()]}, Addr: src.Addr()}
}

// numbered puts a table's number where a term has room for an address: terms are
// made for every object of every step, and text would have to be allocated.
func numbered(table uint32, v6 bool) netip.Addr {
	four := [4]byte{byte(table >> 24), byte(table >> 16), byte(table >> 8), byte(table)}
	if v6 {
		return netip.AddrFrom16([16]byte{12: four[0], four[1], four[2], four[3]})
	}
	return netip.AddrFrom4(four)
}

// lengths are the prefix lengths in words, made once for the same reason.
var lengths = func() (out [129]schema.Kind) {
	for i := range out {
		out[i] = schema.Kind("/" + itoa(i))
	}
	return out
}()

// index answers the terms of an object.
func index(o plan.Object, add func(plan.Term)) {
	switch o := o.(type) {
	case Address:
		add(addressesOf(o.Link, o.IPv6()))
		add(subnetOf(o))
		if !o.Ours {
			add(foreignAddr(o.Prefix.Addr()))
		} else if o.Tentative && !o.Duplicate {
			add(tentative())
		}
	case Route:
		if o.Link != "" {
			add(routesVia(o.Link))
		}
		if o.Ours() {
			return
		}
		add(foreignIn(o.Table, o.IPv6()))
		if o.Table == TableMain && o.Default() {
			add(mainDefaults(o.IPv6()))
		}
	case Rule:
		if o.Ours() {
			add(lookups(o.Table, o.IPv6()))
			if o.Src.IsValid() {
				add(rulesFrom(o.Src))
			}
		}
	}
}

// Objects are what was read of a machine, each list in the kernel's order.
type Objects struct {
	Machine   Machine
	Links     []Link
	Addresses []Address
	Routes    []Route
	Rules     []Rule
	Channels  []Channels
	RPS       []RPS
	// More are objects of further kinds, each of its own name.
	More []interface{ Ref() plan.Ref }
}

// World answers the world of the objects. It numbers what the kernel holds twice
// (Nth), the order of addresses, and says which interface a rule of enid's is for.
func World(o Objects) *plan.World {
	w := plan.NewWorld(index, 1+len(o.Links)+len(o.Addresses)+len(o.Routes)+len(o.Rules)+len(o.Channels)+len(o.RPS)+len(o.More))
	w.Put(MachineRef, o.Machine)
	for _, l := range o.Links {
		w.Put(l.Ref(), l)
	}
	home := make(map[netip.Addr]plan.Ref, len(o.Addresses))
	for i, a := range o.Addresses {
		a.Order = i
		home[a.Prefix.Addr()] = a.Ref()
		w.Put(home[a.Prefix.Addr()], a)
	}
	owner := map[netip.Addr]string{} // by number and family
	for _, r := range o.Routes {
		ref := r.Ref()
		for w.Get(ref) != nil {
			r.Nth++
			ref = r.Ref()
		}
		if r.Ours() && r.Table != TableMain && r.Table != TableLocal && r.Link != "" {
			owner[numbered(r.Table, r.IPv6())] = r.Link
		}
		w.Put(ref, r)
	}
	for _, r := range o.Rules {
		ref := r.Ref()
		if r.Ours() && w.Get(ref) != nil {
			continue // a dump that raced with a writer repeats rules; enid's are unique
		}
		for w.Get(ref) != nil {
			r.Nth++
			ref = r.Ref()
		}
		w.Put(ref, placed(w, r, owner, home))
	}
	for _, c := range o.Channels {
		w.Put(c.Ref(), c)
	}
	for _, r := range o.RPS {
		w.Put(r.Ref(), r)
	}
	for _, x := range o.More {
		w.Put(x.Ref(), x)
	}
	return w
}

// placed answers a rule of enid's with the interface it is for: that of its
// table, or the one that has its source.
func placed(w *plan.World, r Rule, owner map[netip.Addr]string, home map[netip.Addr]plan.Ref) Rule {
	if !r.Ours() {
		return r
	}
	if r.Link = owner[numbered(r.Table, r.IPv6())]; r.Link == "" && r.Src.IsValid() {
		a, _ := w.Get(home[r.Src.Addr()]).(Address)
		r.Link = a.Link
	}
	return r
}

// Normal answers the object without what is not its own: the order of an address,
// and what the kernel thinks of it for now; what enid makes of a rule; what time and
// DHCP servers make of the rest. Two observations of the same thing are equal so.
func Normal(o plan.Object) plan.Object {
	switch o := o.(type) {
	case Address:
		o.Order, o.Lifetime, o.Tentative, o.Duplicate, o.Auto = 0, 0, false, false, false
		return o
	case Lease:
		return Lease{Link: o.Link, For: o.For}
	case Rule:
		o.Link, o.Own, o.Way, o.Home = "", 0, plan.Ref{}, plan.Ref{}
		return o
	}
	return o
}
