package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
	"enid/schema/tables"
)

var noBlock = codes{"InvalidPrivateIpAddress.Duplicated", "InsufficientCidrBlocks"}

// wantedENI answers the target, steady, and what is asked of it; without a wish
// it is to have no further addresses.
func (e *edit) wantedENI() (n eni, want *schema.ENISpec, p *pool, err error) {
	if n, err = e.eni(); err != nil {
		return n, nil, nil, err
	}
	if p = e.pool(n.spec.Subnet); p == nil {
		return n, nil, nil, e.refuse(noSubnet, "there is no subnet %s", n.spec.Subnet)
	}
	if !n.steady() {
		return n, nil, nil, e.refuse(eniState, "%s is %s", n.ref, n.status.Phase)
	}
	want = &schema.ENISpec{}
	if e.call.Want != nil {
		want = e.call.Want.Spec.(*schema.ENISpec)
	}
	return n, want, p, nil
}

// assign adds the secondary addresses and prefixes that are asked for and not there.
func (e *edit) assign() error {
	n, want, p, err := e.wantedENI()
	if err == nil {
		err = p.assignAddresses(&n, want)
	}
	if err == nil {
		err = p.assignPrefixes(&n, want)
	}
	if err != nil {
		return err
	}
	if most := e.mostAddresses(n); most > 0 && n.slots() > most {
		return e.refuse(tooManyAddresses, "%s would have %d addresses, and takes %d", n.ref, n.slots(), most)
	}
	n.applied(want)
	e.setENI(n)
	return nil
}

// mostAddresses answers how many addresses an ENI takes: its instance's type
// decides, or on Alibaba Cloud a fixed number while it is not attached. 0: not known.
func (e *edit) mostAddresses(n eni) int {
	if n.status.Instance == "" {
		if e.provider == schema.AWS {
			return 0
		}
		return 1 + 10
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: n.status.Instance})
	if r == nil {
		return 0
	}
	t, _ := tables.Lookup(string(e.provider), instanceOf(r).spec.Type)
	return t.IPv4PerENI
}

// applied has the spec ask for what is there, in the form that is asked for.
func (n *eni) applied(want *schema.ENISpec) {
	n.spec.SecondaryIPs, n.spec.SecondaryIPCount = n.status.SecondaryIPs, 0
	if want.SecondaryIPCount > 0 {
		n.spec.SecondaryIPs, n.spec.SecondaryIPCount = nil, len(n.status.SecondaryIPs)
	}
	n.spec.Prefixes, n.spec.PrefixCount = n.status.Prefixes, 0
	if want.PrefixCount > 0 {
		n.spec.Prefixes, n.spec.PrefixCount = nil, len(n.status.Prefixes)
	}
}

func (p *pool) assignAddresses(n *eni, want *schema.ENISpec) error {
	var more []netip.Addr
	for _, a := range want.SecondaryIPs {
		if !slices.Contains(n.status.SecondaryIPs, a) {
			more = append(more, a)
		}
	}
	if err := p.check(more, badPrivateIP, privateIPInUse); err != nil {
		return err
	}
	if len(want.SecondaryIPs) > 0 {
		n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", false)
	} else if lack := want.SecondaryIPCount - len(n.status.SecondaryIPs); lack > 0 {
		if more = p.choose(lack); len(more) < lack {
			return p.refuse(noPrivateIP, "%s has %d free addresses of %d", p.name, len(more), lack)
		}
		n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", true)
	}
	n.status.SecondaryIPs = append(slices.Clone(n.status.SecondaryIPs), more...)
	return nil
}

func (p *pool) assignPrefixes(n *eni, want *schema.ENISpec) error {
	var more []netip.Prefix
	for _, block := range want.Prefixes {
		if slices.Contains(n.status.Prefixes, block) {
			continue
		}
		reserved := slices.ContainsFunc(p.spec.Reservations, func(r schema.Reservation) bool {
			return r.CIDR.Contains(block.Addr()) && r.CIDR.Bits() <= block.Bits()
		})
		if !reserved { // document B 04-03; the cloud itself would take it
			return p.refuse(badParameter, "%s is in no reservation of %s", block, p.name)
		}
		for a := block.Addr(); block.Contains(a); a = a.Next() {
			if p.kept(a) || len(p.owners[place{p.vpc, a}]) > 0 {
				return p.refuse(noBlock, "%s of %s is not free", a, block)
			}
		}
		more = append(more, block)
	}
	if len(want.Prefixes) > 0 {
		n.status.Predicted = predict(n.status.Predicted, "prefixes", false)
	} else if lack := want.PrefixCount - len(n.status.Prefixes); lack > 0 {
		if more = p.choosePrefixes(lack); len(more) < lack {
			return p.refuse(noBlock, "%s has %d free blocks of %d", p.name, len(more), lack)
		}
		n.status.Predicted = predict(n.status.Predicted, "prefixes", true)
	}
	n.status.Prefixes = append(slices.Clone(n.status.Prefixes), more...)
	return nil
}

// unassign gives back the secondary addresses and prefixes that are no longer
// asked for; of counted ones the last.
func (e *edit) unassign() error {
	n, want, _, err := e.wantedENI()
	if err != nil {
		return err
	}
	before := n.status.SecondaryIPs
	n.status.SecondaryIPs = keep(before, want.SecondaryIPs, want.SecondaryIPCount)
	n.status.Prefixes = keep(n.status.Prefixes, want.Prefixes, want.PrefixCount)
	if len(n.status.SecondaryIPs) == 0 {
		n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", false)
	}
	if len(n.status.Prefixes) == 0 {
		n.status.Predicted = predict(n.status.Predicted, "prefixes", false)
	}
	n.applied(want)
	for _, ref := range slices.Clone(e.bound[n.ref]) {
		p := eipOf(e.Get(ref))
		if a := p.status.BoundTo.PrivateIP; slices.Contains(before, a) && !slices.Contains(n.status.SecondaryIPs, a) {
			p.leave()
			e.setEIP(p)
		}
	}
	e.setENI(n)
	return nil
}

// keep answers what stays of a list: what is declared, or as many as are counted.
func keep[T comparable](has, declared []T, count int) []T {
	if len(declared) == 0 {
		return slices.Clone(has[:min(len(has), count)])
	}
	return slices.DeleteFunc(slices.Clone(has), func(x T) bool { return !slices.Contains(declared, x) })
}
