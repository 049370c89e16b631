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

// assign adds the secondary addresses and prefixes of a family that are asked for
// and not there.
func assign(f family) func(*edit) error {
	return func(e *edit) error {
		n, want, p, err := e.wantedENI()
		if err == nil {
			err = p.assignAddresses(&n, want, f)
		}
		if err == nil {
			err = p.assignPrefixes(&n, want, f)
		}
		if err == nil {
			err = e.fits(n, f)
		}
		if err != nil {
			return err
		}
		n.applied(want)
		e.setENI(n)
		return nil
	}
}

// fits refuses more addresses of a family than an ENI takes: its instance's type
// decides, or on Alibaba Cloud a fixed number while it is not attached.
func (e *edit) fits(n eni, f family) error {
	if n.status.Instance != "" {
		r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: n.status.Instance})
		if r == nil {
			return nil
		}
		t, _ := tables.Lookup(string(e.provider), instanceOf(r).spec.Type)
		return e.fitsType(n, t)
	}
	if has := n.slots(f); e.provider != schema.AWS && has > f.unattached {
		return e.refuse(f.tooMany, "%s would have %d addresses, and takes %d", n.ref, has, f.unattached)
	}
	return nil
}

// fitsType refuses more addresses than an instance type has for an ENI.
func (e *edit) fitsType(n eni, t tables.InstanceType) error {
	for f, most := range map[*family]int{&ofIPv4: t.IPv4PerENI, &ofIPv6: t.IPv6PerENI} {
		if has := n.slots(*f); most != 0 && has > max(most, 0) {
			return e.refuse(f.tooMany, "%s has %d addresses, and type %s takes %d", n.ref, has, t.Name, max(most, 0))
		}
	}
	return nil
}

// applied has the spec ask for what is there, in the form that is asked for.
func (n *eni) applied(want *schema.ENISpec) {
	n.spec.SecondaryIPs, n.spec.SecondaryIPCount = n.status.SecondaryIPs, 0
	if want.SecondaryIPCount > 0 {
		n.spec.SecondaryIPs, n.spec.SecondaryIPCount = nil, len(ofIPv4.addrs(n.status.SecondaryIPs))
	}
	n.spec.Prefixes, n.spec.PrefixCount = n.status.Prefixes, 0
	if want.PrefixCount > 0 {
		n.spec.Prefixes, n.spec.PrefixCount = nil, len(ofIPv4.blocks(n.status.Prefixes))
	}
}

func (p *pool) assignAddresses(n *eni, want *schema.ENISpec, f family) error {
	var more []netip.Addr
	declared := f.addrs(want.SecondaryIPs)
	for _, a := range declared {
		if !slices.Contains(n.status.SecondaryIPs, a) {
			more = append(more, a)
		}
	}
	if err := p.check(more, f.outside, privateIPInUse); err != nil {
		return err
	}
	has := len(ofIPv4.addrs(n.status.SecondaryIPs))
	switch lack := want.SecondaryIPCount - has; {
	case !f.counted: // the files name each
	case len(declared) > 0:
		n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", false)
	case lack > 0:
		if more = p.choose(lack); len(more) < lack {
			return p.refuse(noPrivateIP, "%s has %d free addresses of %d", p.name, len(more), lack)
		}
		n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", true)
	}
	n.status.SecondaryIPs = append(slices.Clone(n.status.SecondaryIPs), more...)
	return nil
}

func (p *pool) assignPrefixes(n *eni, want *schema.ENISpec, f family) error {
	var more []netip.Prefix
	declared := f.blocks(want.Prefixes)
	for _, block := range declared {
		if slices.Contains(n.status.Prefixes, block) {
			continue
		}
		if err := p.delegable(block); err != nil {
			return err
		}
		more = append(more, block)
	}
	has := len(ofIPv4.blocks(n.status.Prefixes))
	switch lack := want.PrefixCount - has; {
	case !f.counted:
	case len(declared) > 0:
		n.status.Predicted = predict(n.status.Predicted, "prefixes", false)
	case lack > 0:
		if more = p.choosePrefixes(lack); len(more) < lack {
			return p.refuse(noBlock, "%s has %d free blocks of %d", p.name, len(more), lack)
		}
		n.status.Predicted = predict(n.status.Predicted, "prefixes", true)
	}
	n.status.Prefixes = append(slices.Clone(n.status.Prefixes), more...)
	return nil
}

// unassign gives back the secondary addresses and prefixes of a family that are no
// longer asked for; of counted ones the last.
func unassign(f family) func(*edit) error {
	return func(e *edit) error {
		n, want, _, err := e.wantedENI()
		if err != nil {
			return err
		}
		addrs, blocks := want.SecondaryIPCount, want.PrefixCount
		if !f.counted {
			addrs, blocks = 0, 0
		}
		before := n.status.SecondaryIPs
		n.status.SecondaryIPs = keep(before, f.has, f.addrs(want.SecondaryIPs), addrs)
		n.status.Prefixes = keep(n.status.Prefixes, func(p netip.Prefix) bool { return f.has(p.Addr()) }, f.blocks(want.Prefixes), blocks)
		if len(ofIPv4.addrs(n.status.SecondaryIPs)) == 0 {
			n.status.Predicted = predict(n.status.Predicted, "secondaryIPs", false)
		}
		if len(ofIPv4.blocks(n.status.Prefixes)) == 0 {
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
}

// keep answers what stays of a list: of the family what is declared, or as many as
// are counted; all of the other.
func keep[T comparable](has []T, is func(T) bool, declared []T, count int) (stays []T) {
	for _, x := range has {
		switch {
		case !is(x):
			stays = append(stays, x)
		case len(declared) > 0 && slices.Contains(declared, x):
			stays = append(stays, x)
		case len(declared) == 0 && count > 0:
			stays = append(stays, x)
			count--
		}
	}
	return stays
}
