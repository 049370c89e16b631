package cloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// prefixRules are the rows of the catalogue that this file is about.
var prefixRules = []schema.Rule{
	{ID: "prefix.manual", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A /28 that is named lies in a reservation of the subnet that was made beforehand.",
		Source: "B 04-03", Code: "InvalidParameterValue",
		Note: "The cloud's documents ask for no reservation; the source governs. It knows no IPv6: a /80 needs none."},
	{ID: "prefix.insufficient", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "Prefixes need whole free /28 blocks; InsufficientCidr names what is in the way.",
		Source: "B 04-03", Code: "InsufficientCidrBlocks",
		Note: "The source calls the code InsufficientCidr. Of IPv6 they need whole free /80 blocks (public)."},
}

// prefixManual is the requirement that a named /28 lies in a reservation. (The
// cloud's own documents ask for no reservation; the source governs.)
var prefixManual = plan.Requirement{Rule: "prefix.manual", Code: code("", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := ipv4.diff(v, target)
	subnet := spec[*schema.SubnetSpec](now(v, subnetRef(d.subnet)))
	if len(d.addPrefixes) == 0 || subnet == nil {
		return plan.Skipped()
	}
	for _, p := range d.addPrefixes {
		if !slices.ContainsFunc(subnet.Reservations, func(r schema.Reservation) bool { return r.CIDR.Bits() <= p.Bits() && r.CIDR.Contains(p.Addr()) }) {
			return plan.Fails("declare a reservation in the subnet's spec.reservations", "%s lies in no reservation of %s", p, subnetRef(d.subnet)).Wait(subnetRef(d.subnet))
		}
	}
	return plan.Holds("the prefixes lie in reservations")
}}

// ipv4Blocks is the verdict whether whole /28s are free.
func (p *pool) ipv4Blocks(v *plan.View, target plan.Ref, d addresses) plan.Verdict {
	v.Members(plan.Term{Index: indexUsed, Ref: p.ref}) // note that any change counts
	v.Members(plan.Term{Index: indexAllLeaving})
	p.sure = true
	for _, block := range d.addPrefixes {
		if used := p.inTheWay(block, target); len(used) > 0 || !p.possible(block) {
			return insufficient(v, p, block, used)
		}
	}
	if found := p.blocks(d.autoPrefixes); len(found) < d.autoPrefixes {
		block, used := p.nearest()
		return insufficient(v, p, block, used)
	}
	return p.unseenBlocks(plan.Holds("%s has the /28 blocks", p.ref))
}

// ipv6Blocks is the verdict whether the /80s are free. There is always another one.
func (p *pool) ipv6Blocks(v *plan.View, target plan.Ref, blocks []netip.Prefix) plan.Verdict {
	for _, block := range blocks {
		if !p.possible(block) {
			return plan.Fails("choose another block", "%s has addresses that the cloud keeps", block)
		}
		v.Members(plan.Term{Index: indexWithin, Ref: p.ref, Addr: block.Addr()}) // note that any change counts
		used := ipv6InTheWay(p.world, block, p.ref, target)
		if len(used) == 0 {
			used = ipv6InTheWay(p.want, block, p.ref, target)
		}
		if len(used) > 0 {
			names, holders := p.namesOf(v, used)
			return plan.Fails("choose another block, or free this one", "%s would be free without %s", block, names).Wait(holders...)
		}
	}
	return p.unseenBlocks(plan.Holds("%s has the /80 blocks", p.ref))
}

// insufficient is the verdict on a block that cannot be delegated: the one that
// was named, or the nearest that could come free.
func insufficient(v *plan.View, p *pool, block netip.Prefix, used []netip.Addr) plan.Verdict {
	if len(used) == 0 {
		return plan.Fails("declare a new subnet", "InsufficientCidr: %s has no other /28 block without an address that the cloud keeps", p.ref)
	}
	names, holders := p.namesOf(v, used)
	return plan.Fails(fmt.Sprintf("reserve %s and wait until its addresses are released, create their holders anew, or declare a new subnet", block),
		"InsufficientCidr: %s is fragmented by %s; %s would come free without %s", p.ref,
		some(p.fragmenting()), block, names).Wait(holders...)
}

// namesOf names addresses with those who use them.
func (p *pool) namesOf(v *plan.View, used []netip.Addr) (text string, holders []plan.Ref) {
	var names []string
	for _, a := range used {
		name, refs := a.String(), v.Members(plan.Term{Index: indexAddr, Ref: p.ref, Addr: a})
		if a.Is6() {
			name, refs = ipv6Name(v, p.ref, a), ipv6Holders(v, p.ref, a)
		}
		holders = append(holders, refs...)
		names = append(names, name+" of "+holderNames(refs))
	}
	return strings.Join(names, ", "), holders
}

// fragmenting answers the addresses that keep blocks of the subnet from being delegated.
func (p *pool) fragmenting() (used []netip.Addr) {
	for a := p.spec.CIDR.Masked().Addr(); p.spec.CIDR.Contains(a); a = plus(a, 16) {
		if block := netip.PrefixFrom(a, 28); p.possible(block) {
			used = append(used, p.inTheWay(block, plan.Ref{})...)
		}
	}
	return used
}

// some names a few addresses, and says how many more there are.
func some(addrs []netip.Addr) string {
	const few = 8
	var names []string
	for _, a := range addrs[:min(few, len(addrs))] {
		names = append(names, a.String())
	}
	text := strings.Join(names, ", ")
	if more := len(addrs) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// holderNames names who uses an address, or will.
func holderNames(refs []plan.Ref) string {
	if len(refs) == 0 {
		return "a resource of the files"
	}
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = holderName(ref)
	}
	return strings.Join(names, " and ")
}

// blocks answers the n lowest /28s of which no address is in use or kept; where
// there are not as many, those after them that only a guess says are in use.
func (p *pool) blocks(n int) (out []netip.Prefix) {
	if p == nil {
		return nil
	}
	p.sure = false
	out = p.freeBlocks(n)
	if len(out) == n || !p.view.Presumed() {
		return out
	}
	p.sure = true
	guesses := missing(out, p.freeBlocks(n))
	return append(out, guesses[:min(len(guesses), n-len(out))]...)
}

func (p *pool) freeBlocks(n int) (out []netip.Prefix) {
	for a := p.spec.CIDR.Masked().Addr(); p.spec.CIDR.Contains(a) && len(out) < n; a = plus(a, 16) {
		block := netip.PrefixFrom(a, 28)
		if p.possible(block) && len(p.inTheWay(block, plan.Ref{})) == 0 {
			out = append(out, block)
		}
	}
	return out
}

// possible reports whether a block could be delegated if nobody used it. What the
// cloud keeps lies at the ends of the subnet: a block has some of it at its own.
func (p *pool) possible(block netip.Prefix) bool {
	cidr := p.spec.CIDROf(block.Addr())
	return !schema.Kept(p.provider, cidr, block.Addr()) && !schema.Kept(p.provider, cidr, schema.LastAddr(block)) &&
		!block.Contains(p.gateway) && !block.Contains(p.spec.IPv6Gateway)
}

// nearest answers the block that the fewest addresses keep from being delegated,
// and those addresses; no addresses where no block is possible.
func (p *pool) nearest() (nearest netip.Prefix, inTheWay []netip.Addr) {
	for a := p.spec.CIDR.Masked().Addr(); p.spec.CIDR.Contains(a); a = plus(a, 16) {
		block := netip.PrefixFrom(a, 28)
		if !p.possible(block) {
			continue
		}
		if found := p.inTheWay(block, plan.Ref{}); len(found) > 0 && (inTheWay == nil || len(found) < len(inTheWay)) {
			nearest, inTheWay = block, found
		}
	}
	return nearest, inTheWay
}

// inTheWay answers the addresses of the block that are in use, or will be by the
// files; what except itself uses is not in the way.
func (p *pool) inTheWay(block netip.Prefix, except plan.Ref) (used []netip.Addr) {
	for _, a := range members(block) {
		t := plan.Term{Index: indexAddr, Ref: p.ref, Addr: a}
		holders := append(slices.DeleteFunc(p.world.Members(t), func(ref plan.Ref) bool { return p.sure && guessed(p.view, ref, a) }), p.want.Members(t)...)
		if slices.ContainsFunc(holders, func(ref plan.Ref) bool { return ref != except }) {
			used = append(used, a)
		}
	}
	return used
}
