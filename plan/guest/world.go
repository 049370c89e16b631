package guest

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// The indexes of host worlds.
const (
	indexAddresses plan.Index = iota + 1 // Ref: a link; its addresses
	indexElsewhere                       // Addr: the addresses that are it, on any link, of others
	indexSubnet                          // Ref: prefix length and link, Addr: its network; the addresses of it
	indexForeign                         // Addr: a table's number; the foreign routes in it
	indexVia                             // Ref: a link; the routes over it
	indexDefaults                        // main's default routes that enid did not make
	indexLookups                         // Addr: a table's number; enid's own rules that look it up
	indexFrom                            // Ref: prefix length, Addr: a source; enid's own rules from it
)

func addressesOf(link string) plan.Term {
	return plan.Term{Index: indexAddresses, Ref: LinkRef(link)}
}
func foreignAddr(a netip.Addr) plan.Term { return plan.Term{Index: indexElsewhere, Addr: a} }
func subnetOf(a Address) plan.Term {
	return plan.Term{Index: indexSubnet, Ref: plan.Ref{Kind: lengths[a.Prefix.Bits()], Name: a.Link}, Addr: a.Prefix.Masked().Addr()}
}
func foreignIn(table uint32) plan.Term { return plan.Term{Index: indexForeign, Addr: numbered(table)} }
func routesVia(link string) plan.Term  { return plan.Term{Index: indexVia, Ref: LinkRef(link)} }
func mainDefaults() plan.Term          { return plan.Term{Index: indexDefaults} }
func lookups(table uint32) plan.Term   { return plan.Term{Index: indexLookups, Addr: numbered(table)} }
func rulesFrom(src netip.Prefix) plan.Term {
	return plan.Term{Index: indexFrom, Ref: plan.Ref{Kind: lengths[src.Bits()]}, Addr: src.Addr()}
}

// numbered puts a table's number where a term has room for an address: terms are
// made for every object of every step, and text would have to be allocated.
func numbered(table uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(table >> 24), byte(table >> 16), byte(table >> 8), byte(table)})
}

// lengths are the prefix lengths in words, made once for the same reason.
var lengths = func() (out [33]schema.Kind) {
	for i := range out {
		out[i] = schema.Kind("/" + itoa(i))
	}
	return out
}()

// index answers the terms of an object.
func index(o plan.Object, add func(plan.Term)) {
	switch o := o.(type) {
	case Address:
		add(addressesOf(o.Link))
		add(subnetOf(o))
		if !o.Ours {
			add(foreignAddr(o.Prefix.Addr()))
		}
	case Route:
		if o.Link != "" {
			add(routesVia(o.Link))
		}
		if o.Ours() {
			return
		}
		add(foreignIn(o.Table))
		if o.Table == TableMain && o.Default() {
			add(mainDefaults())
		}
	case Rule:
		if o.Ours() {
			add(lookups(o.Table))
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
	owner := map[uint32]string{}
	for _, r := range o.Routes {
		ref := r.Ref()
		for w.Get(ref) != nil {
			r.Nth++
			ref = r.Ref()
		}
		if r.Ours() && r.Table != TableMain && r.Table != TableLocal && r.Link != "" {
			owner[r.Table] = r.Link
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
func placed(w *plan.World, r Rule, owner map[uint32]string, home map[netip.Addr]plan.Ref) Rule {
	if !r.Ours() {
		return r
	}
	if r.Link = owner[r.Table]; r.Link == "" && r.Src.IsValid() {
		a, _ := w.Get(home[r.Src.Addr()]).(Address)
		r.Link = a.Link
	}
	return r
}

// Normal answers the object without what is not its own: the order of an address,
// what enid makes of a rule. Two observations of the same thing are equal so.
func Normal(o plan.Object) plan.Object {
	switch o := o.(type) {
	case Address:
		o.Order = 0
		return o
	case Rule:
		o.Link, o.Own, o.Way, o.Home = "", 0, plan.Ref{}, plan.Ref{}
		return o
	}
	return o
}
