package cloud

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"enid/schema"
)

// TestLaws makes random calls, most of them wrong, and looks at everything after
// each: nothing that is refused changes anything, what is answered is all that
// changed, and no two resources ever have the same address or device index.
func TestLaws(t *testing.T) {
	for name, yaml := range map[string]string{"alibaba": alibabaMore, "aws": awsMore} {
		world := docs(t, yaml)
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) { laws(t, world) }))
	}
}

func laws(t *rapid.T, world []*schema.Resource) {
	clock := noon()
	o := Options{Settle: rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "settle"), Now: func() time.Time { return clock }}
	d := New(world, o)
	shadow := map[schema.Ref]*schema.Resource{}
	for _, r := range world {
		shadow[r.Ref] = r
	}
	ops := slices.Sorted(maps.Keys(operations))
	for range rapid.IntRange(1, 30).Draw(t, "calls") {
		clock = clock.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
		settled, _ := d.Observe(t.Context())
		follow(shadow, settled)
		call := drawCall(t, d, rapid.SampledFrom(ops).Draw(t, "op"))
		changes, err := d.Do(t.Context(), call)
		if err != nil && !changes.Empty() {
			t.Fatalf("%s %s: refused with %v, and changed %v", call.Op, call.Target, err, changes)
		}
		follow(shadow, changes)
		if err := sound(d, shadow); err != nil {
			t.Fatalf("after %s %s: %v", call.Op, call.Target, err)
		}
	}
}

func follow(shadow map[schema.Ref]*schema.Resource, c Changes) {
	for _, r := range c.Put {
		shadow[r.Ref] = r
	}
	for _, ref := range c.Delete {
		delete(shadow, ref)
	}
}

// drawCall draws a call on something that is there or may come.
func drawCall(t *rapid.T, d *Driver, op string) Call {
	kind := kindOf(op)
	name := func(k schema.Kind) string {
		names := []string{"n1", "n2"}
		for ref := range d.memory.entries {
			if ref.Kind == k {
				names = append(names, ref.Name)
			}
		}
		slices.Sort(names)
		return rapid.SampledFrom(names).Draw(t, string(k))
	}
	call := Call{Op: op, Operation: op, Target: schema.Ref{Kind: kind, Name: name(kind)}, At: noon(),
		Account: d.memory.Get(schema.Ref{Kind: schema.KindAccount, Name: "main"})}
	if kind == schema.KindVolume || kind == schema.KindTargetGroup {
		call.Item = name(schema.KindInstance)
	}
	if rapid.IntRange(0, 9).Draw(t, "without") == 0 {
		return call
	}
	call.Want = &schema.Resource{Ref: call.Target, Spec: drawSpec(t, kind, name)}
	return call
}

func drawSpec(t *rapid.T, kind schema.Kind, name func(schema.Kind) string) schema.Spec {
	addr := func() netip.Addr {
		if rapid.Bool().Draw(t, "auto") {
			return netip.Addr{}
		}
		return netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 2).Draw(t, "net")), byte(rapid.IntRange(0, 70).Draw(t, "host"))})
	}
	groups := []string{name(schema.KindSecurityGroup)}
	switch kind {
	case schema.KindVPC:
		return &schema.VPCSpec{Account: "main", Region: "cn-a", CIDR: netip.MustParsePrefix("10.0.0.0/16"), IPv6CIDR: drawIPv6(t, 56)}
	case schema.KindSubnet:
		return &schema.SubnetSpec{VPC: name(schema.KindVPC), Zone: "cn-a-1", IPv6CIDR: drawIPv6(t, 64),
			CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 5).Draw(t, "net")), 0}), 28)}
	case schema.KindSecurityGroup:
		return &schema.SecurityGroupSpec{VPC: name(schema.KindVPC), Rules: []schema.SecurityRule{{Direction: "ingress", Peer: schema.Peer{SecurityGroup: groups[0]}}}}
	case schema.KindInstance:
		return &schema.InstanceSpec{Type: "ecs.g6.large", Image: "i", Subnet: name(schema.KindSubnet), SecurityGroups: groups, PrivateIP: addr()}
	case schema.KindENI:
		s := &schema.ENISpec{Subnet: name(schema.KindSubnet), SecurityGroups: groups, PrivateIP: addr(),
			AttachTo: &schema.Attachment{Instance: name(schema.KindInstance), DeviceIndex: rapid.IntRange(0, 2).Draw(t, "index")}}
		if a := addr(); a.IsValid() {
			s.SecondaryIPs = []netip.Addr{a}
		} else {
			s.SecondaryIPCount = rapid.IntRange(0, 2).Draw(t, "count")
		}
		s.PrefixCount = rapid.IntRange(0, 1).Draw(t, "prefixes")
		if p := drawIPv6(t, 80); p.IsValid() {
			s.Prefixes, s.PrefixCount = []netip.Prefix{p}, 0
		}
		if p := drawIPv6(t, 80); p.IsValid() {
			s.SecondaryIPs, s.SecondaryIPCount = append(s.SecondaryIPs, p.Addr().Next()), 0
		}
		return s
	case schema.KindEIP:
		s := &schema.EIPSpec{Account: "main", Region: "cn-a", BindTo: &schema.Binding{Instance: name(schema.KindInstance)}}
		if rapid.Bool().Draw(t, "to an ENI") {
			s.BindTo = &schema.Binding{ENI: name(schema.KindENI), PrivateIP: addr()}
		}
		s.ConvertFrom = &schema.ConvertFrom{Instance: name(schema.KindInstance)}
		return s
	}
	return drawMore(t, kind, name)
}

// sound looks at the whole model, with code of its own.
func sound(d *Driver, shadow map[schema.Ref]*schema.Resource) error {
	now := map[schema.Ref]*schema.Resource{}
	for ref, e := range d.memory.entries {
		now[ref] = e.Resource
	}
	if !maps.Equal(now, shadow) {
		return fmt.Errorf("what was answered is not what there is")
	}
	if err := sameIndexes(d.memory, newMemory(slices.Collect(maps.Values(now)))); err != nil {
		return err
	}
	for name := range d.memory.lowest {
		if err := soundLowest(d, name); err != nil {
			return err
		}
	}
	owners, slots := map[place]schema.Ref{}, map[string]schema.Ref{}
	for _, r := range now {
		for _, p := range d.memory.entries[r.Ref].places {
			if owner, twice := owners[p]; twice {
				return fmt.Errorf("%s and %s both have %s", owner, r.Ref, p.addr)
			}
			owners[p] = r.Ref
		}
		if err := soundIPv6(r, now); err != nil {
			return err
		}
		if err := soundOne(d, r, slots); err != nil {
			return err
		}
	}
	return nil
}

// soundLowest looks for a free address below the lowest that may be one.
func soundLowest(d *Driver, subnet string) error {
	p := d.edit(Call{Want: d.memory.Get(schema.Ref{Kind: schema.KindSubnet, Name: subnet})}).pool(subnet)
	for a := p.spec.CIDR.Addr(); a.Less(d.memory.lowest[subnet]); a = a.Next() {
		if !p.unavailable(a) {
			return fmt.Errorf("%s of %s is free, below %s", a, subnet, d.memory.lowest[subnet])
		}
	}
	return nil
}

func soundOne(d *Driver, r *schema.Resource, slots map[string]schema.Ref) error {
	for _, f := range r.Spec.References() {
		if !outlived(f) && d.memory.Get(f.Ref) == nil {
			return fmt.Errorf("%s refers to %s, which is not there", r.Ref, f.Ref)
		}
	}
	switch r.Kind {
	case schema.KindENI:
		n := eniOf(r)
		if n.spec.ManagedBy != "" {
			return nil
		}
		if at := n.status.Instance != ""; at != (n.spec.AttachTo != nil) || at == (n.status.Phase == schema.PhaseAvailable) && n.status.Phase != schema.PhaseCreating {
			return fmt.Errorf("%s: %+v %+v", r.Ref, n.spec, n.status)
		}
		if n.status.Instance != "" {
			key := fmt.Sprint(n.status.Instance, n.status.DeviceIndex)
			if other, twice := slots[key]; twice || n.status.DeviceIndex == 0 {
				return fmt.Errorf("%s and %s at device index %d", other, r.Ref, n.status.DeviceIndex)
			}
			slots[key] = r.Ref
		}
	case schema.KindVolume:
		return soundVolume(volumeOf(r), slots)
	case schema.KindEIP:
		p := eipOf(r)
		if (p.status.BoundTo == nil) != (p.status.Phase == schema.PhaseAvailable) {
			return fmt.Errorf("%s: %+v", r.Ref, p.status)
		}
	}
	return nil
}

// sameIndexes compares kept indexes with ones made anew.
func sameIndexes(kept, anew *memory) error {
	tidy := cmp.Options{
		cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}, place{}, quota{}, link{}),
		cmpopts.SortSlices(func(a, b schema.Ref) bool { return a.Compare(b) < 0 }),
		cmpopts.IgnoreMapEntries(func(_ string, v []schema.Ref) bool { return len(v) == 0 }),
		cmpopts.IgnoreMapEntries(func(_ schema.Ref, v []schema.Ref) bool { return len(v) == 0 }),
		cmpopts.IgnoreMapEntries(func(_ quota, n int) bool { return n == 0 }),
		cmpopts.IgnoreMapEntries(func(_ place, v []schema.Ref) bool { return len(v) == 0 }),
	}
	for name, pair := range map[string][2]any{
		"uses": {kept.uses, anew.uses}, "owners": {kept.owners, anew.owners}, "attached": {kept.attached, anew.attached},
		"bound": {kept.bound, anew.bound}, "linked": {kept.linked, anew.linked}, "enis": {kept.enis, anew.enis},
		"delegated": {kept.delegated, anew.delegated}, "within": {kept.within, anew.within},
	} {
		if diff := cmp.Diff(pair[1], pair[0], tidy); diff != "" {
			return fmt.Errorf("index %s: -anew +kept:\n%s", name, diff)
		}
	}
	return nil
}
