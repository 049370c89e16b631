package query

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

// member is an instance on both sides of a comparison.
type member struct {
	name   string // Instance/NAME
	at     [2]*machine
	public [2][]Interface
	// inside and outside are the changed documents because of which others of the
	// intranet, or the internet, meet it differently; without one it is met as before.
	inside, outside []schema.Ref
}

// crowd is the instances that differ by their addresses only, on both sides: by
// network, groups, links and what is public. Nothing but a CIDR tells them apart.
type crowd struct {
	members []*member
	// touched: by what changed of it, of its groups or of what joins its networks.
	touched bool
	cuts    int // the partition of addresses that its groups' rules make, see cutting
}

func (k *crowd) first() *member { return k.members[0] }

// comes and goes tell the crowds that are on one side only.
func (k *crowd) comes() bool { return k.first().at[before] == nil }
func (k *crowd) goes() bool  { return k.first().at[after] == nil }

// crowds answers every instance in its crowd, in the order of names.
func (c *comparison) crowds() (all []*crowd) {
	joins, groups := c.joinedAnew(), c.groupsChanged()
	byKey := map[string]*crowd{}
	for _, m := range c.members() {
		key := c.key(m)
		k := byKey[key]
		if k == nil {
			k = &crowd{touched: len(m.inside) > 0 || len(m.outside) > 0}
			byKey[key], all = k, append(all, k)
			for side, at := range m.at {
				if at == nil {
					continue
				}
				k.touched = k.touched || at.vpc != nil && joins[at.vpc.Name]
				for _, i := range slices.Concat(at.interfaces, m.public[side]) {
					k.touched = k.touched || slices.ContainsFunc(i.SecurityGroups, func(g string) bool { return groups[g] })
				}
			}
		}
		k.members = append(k.members, m)
	}
	return all
}

// members answers the instances of both sides, sorted by name. One whose VPC is
// not known is not there.
func (c *comparison) members() (all []*member) {
	byName := map[string]*member{}
	for side, q := range c.sides {
		for _, r := range q.OfKind(schema.KindInstance) {
			m, err := q.machine(r.Name)
			if err != nil {
				continue
			}
			one := byName[r.Name]
			if one == nil {
				one = &member{name: r.String()}
				byName[r.Name], all = one, append(all, one)
			}
			one.at[side], one.public[side] = m, q.public(m)
		}
	}
	slices.SortFunc(all, func(a, b *member) int { return strings.Compare(a.name, b.name) })
	return all
}

// key answers what a crowd is told by, and notes at m what changed of that.
func (c *comparison) key(m *member) string {
	var inside, outside, addresses [2]string
	for side, at := range m.at {
		if at != nil {
			inside[side], outside[side], addresses[side] = c.sides[side].profile(at, m.public[side])
		}
	}
	moved := "="
	if inside[before] != inside[after] || addresses[before] != addresses[after] {
		moved, m.inside = "~", c.documents(m, schema.KindInstance, schema.KindENI, schema.KindClassicLink)
	}
	if outside[before] != outside[after] {
		m.outside = c.documents(m, schema.KindInstance, schema.KindENI, schema.KindEIP)
	}
	return strings.Join([]string{moved, inside[before], outside[before], inside[after], outside[after]}, "\n")
}

// profile answers what others of the intranet meet of an instance, what the internet
// does, and its addresses.
func (q *topology) profile(m *machine, public []Interface) (inside, outside, addresses string) {
	var in, out, at strings.Builder
	in.WriteString(string(m.cloud) + " ")
	if m.vpc != nil {
		in.WriteString(m.vpc.Name)
	} else {
		in.WriteString("classic " + m.region + " " + m.account)
		for _, r := range q.classicLinks(m.Name) {
			if link := specOf[*schema.ClassicLinkSpec](r); link.Instance == m.Name {
				in.WriteString(" " + link.VPC)
			}
		}
	}
	for _, i := range m.interfaces {
		in.WriteByte(';')
		writeSorted(&in, i.SecurityGroups)
		at.WriteString(i.PrivateIP.String() + ";")
	}
	if len(public) > 0 || m.vpc != nil && m.spec.SessionManager {
		out.WriteString(string(m.cloud))
		if m.vpc != nil && m.spec.SessionManager {
			out.WriteString(" session")
		}
		for _, i := range public {
			out.WriteByte(';')
			writeSorted(&out, i.SecurityGroups)
		}
	}
	return in.String(), out.String(), at.String()
}

func writeSorted(b *strings.Builder, words []string) {
	if !slices.IsSorted(words) {
		words = slices.Sorted(slices.Values(words))
	}
	for _, w := range words {
		b.WriteString(w)
		b.WriteByte(',')
	}
}

// documents answers the changed documents of some kinds that an instance is made of;
// where none is, what it lies in changed: the instance stands for that.
func (c *comparison) documents(m *member, kinds ...schema.Kind) (found []schema.Ref) {
	add := func(ref schema.Ref) {
		if c.changed[ref] && slices.Contains(kinds, ref.Kind) && !slices.Contains(found, ref) {
			found = append(found, ref)
		}
	}
	for side, at := range m.at {
		if at == nil {
			continue
		}
		q := c.sides[side]
		refs := []schema.Ref{at.Ref}
		for _, r := range q.enis(at.Name) {
			refs = append(refs, r.Ref)
		}
		for _, r := range q.eips(refs...) {
			refs = append(refs, r.Ref)
		}
		for _, r := range q.classicLinks(at.Name) {
			refs = append(refs, r.Ref)
		}
		for _, ref := range refs {
			add(ref)
		}
	}
	if len(found) == 0 {
		found = append(found, cmpAt(m).Ref)
	}
	return found
}

// cmpAt answers the instance as it is, or as it was where it goes.
func cmpAt(m *member) *machine {
	if m.at[after] != nil {
		return m.at[after]
	}
	return m.at[before]
}

// joinedAnew answers the VPCs that a changed Peering is about.
func (c *comparison) joinedAnew() map[string]bool {
	vpcs := map[string]bool{}
	for ref := range c.changed {
		if ref.Kind != schema.KindPeering {
			continue
		}
		for _, q := range c.sides {
			if spec := specOf[*schema.PeeringSpec](q.Get(ref)); spec != nil {
				for _, v := range spec.VPCs {
					vpcs[v] = true
				}
			}
		}
	}
	return vpcs
}

// groupsChanged answers the groups whose rules, or account, changed.
func (c *comparison) groupsChanged() map[string]bool {
	found := map[string]bool{}
	for ref := range c.changed {
		if ref.Kind == schema.KindSecurityGroup {
			found[ref.Name] = true
		}
	}
	if c.any(schema.KindVPC, schema.KindAccount) {
		for _, r := range c.sides[after].OfKind(schema.KindSecurityGroup) {
			if old := c.sides[before].Get(r.Ref); old != nil && schema.AccountOf(c.sides[before], old) != schema.AccountOf(c.sides[after], r) {
				found[r.Name] = true
			}
		}
	}
	return found
}

// part is the members of a crowd that the rules of another crowd cannot tell apart.
type part struct{ members []*member }

// cutting partitions crowds by the CIDRs of other crowds' rules.
type cutting struct {
	c     *comparison
	known map[string]int // boundaries as text: their index in cuts
	cuts  [][2][]netip.Addr
	parts map[partKey][]*part
	whole map[string]*part // each part once, however it came about
}

type partKey struct {
	of   *crowd
	cuts int
}

// learn notes the CIDRs that rules of the crowd's groups name, on both sides.
func (u *cutting) learn(k *crowd) {
	var cuts [2][]netip.Addr
	var text strings.Builder
	for side, at := range k.first().at {
		if at != nil {
			cuts[side] = u.c.sides[side].boundaries(at)
		}
		for _, a := range cuts[side] {
			text.WriteString(a.String() + " ")
		}
		text.WriteByte(';')
	}
	id, ok := u.known[text.String()]
	if !ok {
		id = len(u.cuts)
		u.known[text.String()], u.cuts = id, append(u.cuts, cuts)
	}
	k.cuts = id
}

// boundaries answers the addresses at which a CIDR of a rule begins, or has ended:
// two addresses with none in between are in the same CIDRs.
func (q *topology) boundaries(m *machine) (cuts []netip.Addr) {
	for _, i := range m.interfaces {
		for _, g := range i.SecurityGroups {
			spec := specOf[*schema.SecurityGroupSpec](q.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: g}))
			if spec == nil {
				continue
			}
			for _, r := range spec.Rules {
				if p := r.Peer.CIDR; p.IsValid() && p.Bits() > 0 {
					cuts = append(cuts, p.Masked().Addr())
					if next := schema.LastAddr(p.Masked()).Next(); next.IsValid() {
						cuts = append(cuts, next)
					} else {
						cuts = append(cuts, netip.IPv6Unspecified()) // what follows IPv4
					}
				}
			}
		}
	}
	slices.SortFunc(cuts, netip.Addr.Compare)
	return slices.Compact(cuts)
}

// split answers the crowd in parts, as the rules of a crowd with those cuts see it.
func (u *cutting) split(k *crowd, cuts int) []*part {
	key := partKey{k, cuts}
	if parts, ok := u.parts[key]; ok {
		return parts
	}
	var parts []*part
	byPlace := map[string]*part{}
	for _, m := range k.members {
		place := u.place(m, cuts)
		p := byPlace[place]
		if p == nil {
			p = &part{}
			byPlace[place], parts = p, append(parts, p)
		}
		p.members = append(p.members, m)
	}
	for i, p := range parts {
		var names strings.Builder
		for _, m := range p.members {
			names.WriteString(m.name + " ")
		}
		if first, ok := u.whole[names.String()]; ok {
			parts[i] = first
			continue
		}
		u.whole[names.String()] = p
	}
	u.parts[key] = parts
	return parts
}

// place says between which cuts the addresses of an instance are.
func (u *cutting) place(m *member, cuts int) string {
	var place []byte
	for side, at := range m.at {
		if at == nil || len(u.cuts[cuts][side]) == 0 {
			continue
		}
		for _, i := range at.interfaces {
			n, found := slices.BinarySearchFunc(u.cuts[cuts][side], i.PrivateIP, netip.Addr.Compare)
			if found {
				n++
			}
			place = binary.AppendUvarint(place, uint64(n))
		}
	}
	return string(place)
}
