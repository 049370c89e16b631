package guest

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// Adopted is a machine as it was found, in resources that declare it so.
type Adopted struct {
	// Resources are in the order in which a person reads them. What only the cloud
	// knows is filled in with words that validate, and named in Remarks.
	Resources []*schema.Resource
	Remarks   map[schema.Ref][]string
	// Left is what enid has no word for or no use of, and leaves alone.
	Left []string
}

// adopting is an Adopted in the making.
type adopting struct {
	*Adopted
	name    string
	world   *plan.World
	found   []found // secondary NICs, by interface index
	primary found
	subnets []*schema.Resource
}

// found is a NIC with addresses.
type found struct {
	link    Link
	subnet  netip.Prefix
	gateway netip.Addr
	addrs   []netip.Addr // of IPv4 in the kernel's order, then those of IPv6
	ipv6    []Address    // good beyond the link, those that show their subnet first
	table   int          // that a rule sends the first address to; 0: none
	metric  int          // of its default route in main; 0: none
}

// Adopt answers the resources that declare what was observed of a machine, so that
// little or nothing is to be done to it. The error says that main has no default
// route, which is what the primary NIC is known by.
func Adopt(observed *plan.World, name string) (*Adopted, error) {
	a := &adopting{Adopted: &Adopted{Remarks: map[schema.Ref][]string{}}, name: name, world: observed}
	primary := Primary(observed)
	if primary == "" {
		return nil, fmt.Errorf("main has no default route, by which the primary NIC is known: give the machine one")
	}
	observed.Each(func(_ plan.Ref, o plan.Object) {
		if l, ok := o.(Link); ok && l.Name == primary {
			a.primary.link = l
		} else if ok && l.MAC != "" && l.Master == "" && (l.Kind == "" || l.Kind == "veth") {
			a.found = append(a.found, found{link: l})
		}
	})
	slices.SortFunc(a.found, func(x, y found) int { return cmp.Compare(x.link.Index, y.link.Index) })
	a.look(&a.primary)
	for i := range a.found {
		a.look(&a.found[i])
	}
	a.found = slices.DeleteFunc(a.found, func(f found) bool {
		if len(f.addrs) > 0 {
			return false
		}
		if f.link.Kind == "" && f.link.Name != "lo" {
			a.Left = append(a.Left, f.link.Name+" ("+nicMAC(f.link)+") has no IPv4 address")
		}
		for _, x := range f.ipv6 {
			a.leave(x, "there is no IPv4 address beside it")
		}
		return true
	})
	if len(a.primary.addrs) == 0 {
		return nil, fmt.Errorf("%s, which carries main's default route, has no IPv4 address: it is no primary NIC of a cloud's", primary)
	}
	a.resources()
	return a.Adopted, nil
}

// look reads what belongs to a NIC: the subnet of its first IPv4 address and all
// addresses in it, those of IPv6, and where its default routes lead.
func (a *adopting) look(f *found) {
	var all []Address
	a.world.Each(func(_ plan.Ref, o plan.Object) {
		if x, ok := o.(Address); ok && x.Link == f.link.Name {
			all = append(all, x)
		}
	})
	slices.SortFunc(all, func(x, y Address) int { return cmp.Compare(x.Order, y.Order) })
	for _, x := range all {
		addr := x.Prefix.Addr()
		if !f.subnet.IsValid() && addr.Is4() {
			f.subnet = a.subnetOf(f.link.Name, x.Prefix)
		}
		switch {
		case addr.Is4() && f.subnet.Contains(addr):
			f.addrs = append(f.addrs, addr)
		case addr.Is6() && addr.IsGlobalUnicast():
			f.ipv6 = append(f.ipv6, x)
		case !addr.IsLinkLocalUnicast() && !addr.IsLoopback():
			a.leave(x, otherSubnet)
		}
	}
	slices.SortFunc(f.ipv6, func(x, y Address) int {
		return cmp.Or(cmp.Compare(x.Prefix.Bits(), y.Prefix.Bits()), x.Prefix.Addr().Compare(y.Prefix.Addr()))
	})
	f.gateway, f.metric = a.ways(f, false)
}

// otherSubnet is why an address is left alone.
const otherSubnet = "of another subnet than its first one"

func (a *adopting) leave(x Address, why string) {
	a.Left = append(a.Left, fmt.Sprintf("address %s of %s: %s", x.Prefix, x.Link, why))
}

// ways reads the NIC's default routes of a family: the gateway, and the metric in main.
// Before that it reads the table that a rule sends one of its addresses to, unless that
// is known.
func (a *adopting) ways(f *found, v6 bool) (gateway netip.Addr, metric int) {
	known := f.table != 0
	a.world.Each(func(_ plan.Ref, o plan.Object) {
		if r, ok := o.(Rule); ok && !known && f.sends(r) && (f.table == 0 || int(r.Table) < f.table) {
			f.table = int(r.Table)
		}
	})
	a.world.Each(func(_ plan.Ref, o plan.Object) {
		r, ok := o.(Route)
		if !ok || r.Link != f.link.Name || !r.Default() || r.IPv6() != v6 || !r.Gateway.IsValid() {
			return
		}
		if r.Table == TableMain && (metric == 0 || int(r.Metric) < metric) {
			metric = int(r.Metric)
		}
		if r.Table == TableMain && !gateway.IsValid() || int(r.Table) == f.table {
			gateway = r.Gateway
		}
	})
	return gateway, metric
}

// sends reports whether a rule sends one of the NIC's addresses to a table of its own.
func (f *found) sends(r Rule) bool {
	return r.Action == ActionTable && r.Extra == "" && r.Suppress < 0 && !r.Dst.IsValid() && r.Src.IsValid() &&
		r.Src.IsSingleIP() && slices.Contains(f.addrs, r.Src.Addr()) && (r.Table < TableDefault || r.Table > TableLocal)
}

// subnetOf answers the subnet of an address: of one that has the length of one
// address, what a route of its NIC or the primary's subnet says.
func (a *adopting) subnetOf(link string, p netip.Prefix) (best netip.Prefix) {
	if !p.IsSingleIP() {
		return p.Masked()
	}
	a.world.Each(func(_ plan.Ref, o plan.Object) {
		r, ok := o.(Route)
		if ok && r.Link == link && !r.Gateway.IsValid() && !r.Default() && !r.Dst.IsSingleIP() && r.Dst.Contains(p.Addr()) && r.Dst.Bits() > best.Bits() {
			best = r.Dst
		}
	})
	if !best.IsValid() && a.primary.subnet.Contains(p.Addr()) {
		return a.primary.subnet
	}
	return best
}

// notLabel is what may not stand in a name.
var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// Label answers a name that a resource can have, from a name of the machine's.
func Label(text string) string {
	label := strings.Trim(notLabel.ReplaceAllString(strings.ToLower(text), "-"), "-")
	return cmp.Or(strings.Trim(label[:min(40, len(label))], "-"), "host")
}
