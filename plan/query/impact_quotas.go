package query

import (
	"cmp"
	"fmt"
	"slices"

	"enid/schema"
	"enid/schema/tables"
)

// The rules that set limits; they stand in the catalogue of the clouds.
const (
	ruleQuotaRegion = "eni.quota.region"
	ruleLimitType   = "eni.limit.instance-type"
)

// quotas finds how much of the limits of accounts and instance types is used.
func (c *comparison) quotas(i *Impact) {
	if c.any(schema.KindENI, schema.KindAccount) {
		c.regions(i)
	}
	hosts, enis := c.machinesChanged()
	for _, name := range hosts {
		c.attached(i, name)
	}
	for _, ref := range enis {
		c.slots(i, ref)
	}
	slices.SortStableFunc(i.Quotas, func(a, b QuotaChange) int {
		return cmp.Or(cmp.Compare(b.After*a.Limit, a.After*b.Limit), cmp.Compare(a.Of, b.Of))
	})
}

// quota notes a use that changes of a limit that is known, or a limit that does.
func (i *Impact) quota(of, rule string, used, limit [2]int) {
	if limit[after] == 0 || used[before] == used[after] && (limit[before] == limit[after] || limit[before] == 0) {
		return
	}
	one := QuotaChange{Of: of, Rule: rule, Before: used[before], After: used[after], Limit: limit[after]}
	if limit[before] != limit[after] {
		one.LimitBefore = limit[before]
	}
	i.Quotas = append(i.Quotas, one)
}

// regions counts the secondary ENIs of each account in each region.
func (c *comparison) regions(i *Impact) {
	type place struct{ account, region string }
	used, order := map[place]*[2]int{}, []place{}
	for side, q := range c.sides {
		for _, r := range q.OfKind(schema.KindENI) {
			at := place{schema.AccountOf(q, r), schema.RegionOf(q, r)}
			if used[at] == nil {
				used[at], order = &[2]int{}, append(order, at)
			}
			used[at][side]++
		}
	}
	for _, at := range order {
		var limit [2]int
		for side, q := range c.sides {
			if a := specOf[*schema.AccountSpec](q.Get(schema.Ref{Kind: schema.KindAccount, Name: at.account})); a != nil {
				limit[side] = a.ENIQuota()
			}
		}
		i.quota(fmt.Sprintf("secondary ENIs of Account/%s in %s", at.account, at.region), ruleQuotaRegion, *used[at], limit)
	}
}

// machinesChanged answers the instances that change or whose ENIs do, and the ENIs of
// which either changes.
func (c *comparison) machinesChanged() (instances []string, enis []schema.Ref) {
	seen := map[string]bool{}
	for _, q := range c.sides {
		for ref := range c.changed {
			switch r := q.Get(ref); {
			case r == nil:
			case ref.Kind == schema.KindInstance:
				seen[ref.Name] = true
			case ref.Kind == schema.KindENI:
				enis = append(enis, ref)
				if at, _ := attachedTo(r); at != "" {
					seen[at] = true
				}
			}
		}
	}
	for name := range seen {
		instances = append(instances, name)
		if c.changed[schema.Ref{Kind: schema.KindInstance, Name: name}] {
			for _, r := range c.sides[after].enis(name) {
				enis = append(enis, r.Ref)
			}
		}
	}
	slices.Sort(instances)
	slices.SortFunc(enis, schema.Ref.Compare)
	return instances, slices.Compact(enis)
}

// typeOf answers what is known of an instance's type.
func (q *topology) typeOf(instance string) (t tables.InstanceType, there bool) {
	r := q.Get(schema.Ref{Kind: schema.KindInstance, Name: instance})
	if r == nil {
		return t, false
	}
	name := specOf[*schema.InstanceSpec](r).Type
	t, _ = tables.Lookup(string(schema.ProviderOf(q, r)), name)
	t.Name = name
	return t, true
}

// attached counts the ENIs of an instance, the primary one included. One that comes
// with no other is not worth a word.
func (c *comparison) attached(i *Impact, name string) {
	var used, limit [2]int
	var t tables.InstanceType
	for side, q := range c.sides {
		there := false
		if t, there = q.typeOf(name); there {
			used[side], limit[side] = len(q.enis(name))+1, t.MaxENIs
		}
	}
	if max(used[before], used[after]) > 1 && used[after] > 0 {
		i.quota(fmt.Sprintf("ENIs of Instance/%s (%s)", name, t.Name), ruleLimitType, used, limit)
	}
}

// slots counts the addresses and prefixes of an attached ENI, by family. One that
// comes with its first address only is not worth a word.
func (c *comparison) slots(i *Impact, ref schema.Ref) {
	var four, six, most4, most6 [2]int
	var t tables.InstanceType
	for side, q := range c.sides {
		r := q.Get(ref)
		if r == nil {
			continue
		}
		first, more, blocks := lacking(r)
		four[side], six[side] = statusOrSpec(r).Slots()
		four[side] += first + more + blocks
		if at, _ := attachedTo(r); at != "" {
			t, _ = q.typeOf(at)
			most4[side], most6[side] = t.IPv4PerENI, max(0, t.IPv6PerENI)
		}
	}
	if max(four[before], four[after]) > 1 {
		i.quota(fmt.Sprintf("IPv4 addresses and prefixes of %s (%s)", ref, t.Name), ruleLimitType, four, most4)
	}
	if max(six[before], six[after]) > 0 {
		i.quota(fmt.Sprintf("IPv6 addresses and prefixes of %s (%s)", ref, t.Name), ruleLimitType, six, most6)
	}
}
