package query

import (
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

// members answers the instances of both sides that the change may concern, sorted by
// name. One whose VPC is not known is not there.
func (c *comparison) members() (all []*member) {
	t := c.touched()
	byName := map[string]*member{}
	for side, q := range c.sides {
		for _, r := range q.OfKind(schema.KindInstance) {
			one := byName[r.Name]
			if one != nil && !t.moved(r.Name) {
				one.at[side], one.public[side] = one.at[before], one.public[before]
				continue
			}
			if one == nil && !t.near[q.networkOf(r)] && !t.instances[r.Name] {
				continue
			}
			m, err := q.machine(r.Name)
			if err != nil {
				continue
			}
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
