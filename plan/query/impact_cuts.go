package query

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

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
