package guest

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// resources makes the resources. All but the Host are facts, which enid never
// changes: what the cloud alone knows is guessed.
func (a *adopting) resources() {
	fact := func(kind schema.Kind, name string, spec schema.Spec, remarks ...string) {
		r := &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Annotations: map[string]string{schema.ObserveOnly: "true"}}
		a.Resources = append(a.Resources, r)
		a.Remarks[r.Ref] = remarks
	}
	provider := a.provider()
	fact(schema.KindAccount, "account", &schema.AccountSpec{Provider: provider}, "Which cloud it is was guessed by the gateway.")
	vpc := &schema.VPCSpec{Region: "fill-in"}
	fact(schema.KindVPC, "vpc", vpc, "Fill in: region; the CIDRs are ones that hold what was found.")
	for _, f := range a.nics() {
		if a.subnet(f.subnet) != nil {
			continue
		}
		spec := &schema.SubnetSpec{VPC: "vpc", Zone: "fill-in-a", CIDR: f.subnet}
		if f.subnet.Contains(f.gateway) && f.gateway != schema.Gateway(provider, spec) {
			spec.Gateway = f.gateway
		}
		fact(schema.KindSubnet, fmt.Sprintf("subnet-%d", len(a.subnets)+1), spec, "Fill in: zone.")
		a.subnets = append(a.subnets, a.Resources[len(a.Resources)-1])
	}
	a.cidrs(vpc, provider)
	fact(schema.KindSecurityGroup, "group", &schema.SecurityGroupSpec{VPC: "vpc"}, "Fill in: the groups that the ENIs are in, and their rules.")
	fact(schema.KindInstance, a.name, &schema.InstanceSpec{Type: unknownType[provider], Image: "unknown", Subnet: a.subnet(a.primary.subnet).Name, PrivateIP: a.primary.addrs[0],
		MAC: nicMAC(a.primary.link), SecurityGroups: []string{"group"}}, "Fill in: type, image, securityGroups.")
	host := &schema.HostSpec{Instance: a.name}
	hostRef := schema.Ref{Kind: schema.KindHost, Name: a.name}
	a.Remarks[hostRef] = nil
	host.Queues, host.RPS = a.steering(hostRef, a.primary.link.Name)
	a.routing(host)
	for i, f := range a.found {
		ref := schema.Ref{Kind: schema.KindENI, Name: Label(a.name + "-" + f.link.Name)}
		spec := &schema.ENISpec{Subnet: a.subnet(f.subnet).Name, PrivateIP: f.addrs[0], SecondaryIPs: slices.Clone(f.addrs[1:]), MAC: nicMAC(f.link),
			SecurityGroups: []string{"group"}, AttachTo: &schema.Attachment{Instance: a.name, DeviceIndex: i + 1}}
		remarks := []string{f.link.Name + ". Fill in: securityGroups, and the device index if it is another."}
		g := schema.ENIGuest{}
		if f.table != 0 && f.table != DefaultTableBase+i {
			g.Table = f.table
		}
		if f.metric != 0 && f.metric != DefaultMetricBase+i {
			g.Metric = f.metric
		}
		if g.Metric != 0 && g.Table == 0 {
			g.Table = DefaultTableBase + i // else it would be the metric's number
		}
		fact(ref.Kind, ref.Name, spec, remarks...)
		queues, rps := a.steering(ref, f.link.Name)
		if queues != host.Queues {
			g.Queues = cmp.Or(queues, schema.Queues{Auto: true})
		}
		if rps != host.RPS {
			g.RPS = cmp.Or(rps, schema.RPS{Mode: "unmanaged"})
		}
		if g != (schema.ENIGuest{}) {
			spec.Guest = &g
		}
	}
	a.Resources = append(a.Resources, &schema.Resource{Ref: hostRef, Spec: host})
}

// unknownType is what an Instance's type is before it is filled in: AWS's have a grammar.
var unknownType = map[schema.Provider]string{schema.AWS: "unknown0.unknown", schema.Alibaba: "unknown"}

// provider guesses the cloud: the gateway is the first address of a subnet on AWS,
// and the third last on Alibaba.
func (a *adopting) provider() schema.Provider {
	if g := a.primary.gateway; g.IsValid() && g == schema.Gateway(schema.AWS, &schema.SubnetSpec{CIDR: a.primary.subnet}) {
		return schema.AWS
	}
	return schema.Alibaba
}

// vpc answers a CIDR that holds all subnets of one family: what a rule to the VPC says,
// else the smallest one, of so many bits at most.
func (a *adopting) vpc(subnets []netip.Prefix, bits int) netip.Prefix {
	out := netip.PrefixFrom(subnets[0].Addr(), min(bits, subnets[0].Bits())).Masked()
	holds := func(p netip.Prefix) bool {
		return !slices.ContainsFunc(subnets, func(s netip.Prefix) bool { return p.Bits() > s.Bits() || !p.Contains(s.Addr()) })
	}
	said := netip.Prefix{}
	for _, ref := range a.world.Refs() {
		if r, ok := a.world.Get(ref).(Rule); ok && r.Dst.IsValid() && r.Src.IsValid() && r.Extra == "" && holds(r.Dst) {
			said = r.Dst
		}
	}
	if said.IsValid() {
		return said
	}
	for !holds(out) {
		out = netip.PrefixFrom(out.Addr(), out.Bits()-1).Masked()
	}
	return out
}

func (a *adopting) subnet(cidr netip.Prefix) *schema.Resource {
	for _, s := range a.subnets {
		if s.Spec.(*schema.SubnetSpec).CIDR == cidr {
			return s
		}
	}
	return nil
}

// routing answers how the machine routes: balanced where rules look main up first,
// strict where rules only send addresses to tables. Rules of others' serve from
// enid's own priority on, so that this is set before theirs.
func (a *adopting) routing(host *schema.HostSpec) {
	first, balanced := uint32(priorityMain), false
	a.world.Each(func(_ plan.Ref, o plan.Object) {
		r, ok := o.(Rule)
		for i := range a.found {
			if ok && a.found[i].sends(r) {
				first = min(first, r.Priority)
			}
			balanced = balanced || ok && r.Table == TableMain && r.Suppress == 0 && r.Src.IsValid() && r.Src.Contains(a.found[i].addrs[0])
		}
	})
	if balanced || first == priorityMain {
		return
	}
	host.Routing.Mode = "strict"
	if base := int(first) - 2*Band - len(a.found) + 1; base < DefaultPriorityBase && base > 0 {
		host.Routing.PriorityBase = base
	}
}

// steering answers what declares the queues and RPS masks of a link as they are.
func (a *adopting) steering(of schema.Ref, link string) (q schema.Queues, rps schema.RPS) {
	if c, ok := a.world.Get(Channels{Link: link}.Ref()).(Channels); ok {
		q = schema.Queues{Count: c.Receive()}
		if q.Count == 0 || !c.same(c.set(q.Count, false)) {
			q = schema.Queues{Unmanaged: true}
			a.Remarks[of] = append(a.Remarks[of], link+" receives and sends by different numbers of queues, which are left as they are.")
		}
	}
	masks := map[string]bool{}
	for n := 0; ; n++ {
		r, ok := a.world.Get(RPSRef(link, n)).(RPS)
		if !ok {
			break
		}
		masks[strings.TrimLeft(strings.ReplaceAll(r.Mask, ",", ""), "0")] = true
	}
	for mask := range masks {
		switch {
		case len(masks) > 1:
			a.Remarks[of] = append(a.Remarks[of], "The queues of "+link+" have different RPS masks, which are left as they are.")
			return q, rps
		case mask != "":
			rps = schema.RPS{Mode: "mask", Mask: mask}
		}
	}
	return q, rps
}

// Foreign answers what is foreign in a world and does nothing that is wanted: rules but
// the kernel's own, and routes but those of addresses and the primary's default.
func (w *Wanted) Foreign(world *plan.World) (out []string) {
	for _, ref := range world.Refs() {
		switch o := world.Get(ref).(type) {
		case Rule:
			if !o.Ours() && o.Priority != 0 && o.Priority < priorityMain && !serves(w.World, ref) {
				out = append(out, "rule "+o.Numbered())
			}
		case Route:
			if !o.Ours() && o.Protocol != protocolKernel && !serves(w.World, ref) && !(o.Table == TableMain && o.Default() && o.Link == w.Primary) {
				out = append(out, "route "+o.String()+" of table "+TableName(o.Table))
			}
		}
	}
	return out
}
