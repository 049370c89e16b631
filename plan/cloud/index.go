package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// The indexes of cloud worlds.
const (
	indexReferrers    plan.Index = iota + 1 // Ref: objects whose applied spec refers to it
	indexENIs                               // Ref: an instance; its secondary ENIs
	indexBound                              // Ref: an instance or ENI; EIPs bound to it
	indexAddr                               // Ref: a subnet, Addr: objects that use the address
	indexApprovals                          // Ref: a target; Approvals for it
	indexPolicies                           // all Policies
	indexParts                              // Ref: an account or VPC; the VPCs or subnets of it
	indexRange                              // Ref: a VPC, Addr: a /20's first, or an IPv6 CIDR's; the subnets that reach into it
	indexHosts                              // Ref: an instance; the Hosts that are it
	indexLeaving                            // Addr: instances that give the address up at their next start
	indexTargetGroups                       // Ref: an instance; the target groups whose traffic it takes, or would if it ran
	indexRetiring                           // all instances whose host goes
	indexMoved                              // all that say what they were called before
	indexVolumes                            // Ref: an instance; the volumes that are attached to it
	indexIPv6                               // Ref: a subnet; what uses IPv6 addresses of it
	indexWithin                             // Ref: a subnet, Addr: a /80's first; what uses addresses in it, or has it
	indexDelegated                          // Ref: a subnet, Addr: a /80's first; what has it

	indexUsed       = plan.CountOnly | 1 // Ref: a subnet; its addresses in use
	indexBlock      = plan.CountOnly | 2 // Ref: a subnet, Addr: a /24's first; its addresses in use
	indexENIsIn     = plan.CountOnly | 3 // Ref: a subnet; the secondary ENIs in it
	indexAllENIs    = plan.CountOnly | 4 // all secondary ENIs
	indexAllLeaving = plan.CountOnly | 5 // addresses that are given up at a next start
)

// index answers the terms of a resource.
func index(o plan.Object, add func(plan.Term)) {
	r := o.(*schema.Resource)
	if r.Annotations[schema.MovedFrom] != "" {
		add(plan.Term{Index: indexMoved})
	}
	if operated(r.Kind) {
		for _, ref := range distinctReferences(r) {
			add(plan.Term{Index: indexReferrers, Ref: ref})
		}
	}
	switch spec := r.Spec.(type) {
	case *schema.VPCSpec:
		add(plan.Term{Index: indexParts, Ref: accountRef(spec.Account)})
	case *schema.ENISpec:
		indexENI(r, spec, add)
	case *schema.InstanceSpec:
		if spec.Subnet != "" {
			use(subnetRef(spec.Subnet), instanceAddrs(r), add)
		}
		if a := leaving(r); a.IsValid() {
			add(plan.Term{Index: indexLeaving, Addr: a})
			add(plan.Term{Index: indexAllLeaving})
		}
		if retirement(r) != nil {
			add(plan.Term{Index: indexRetiring})
		}
	case *schema.SubnetSpec:
		indexSubnet(r, spec, add)
	case *schema.EIPSpec:
		if bound := boundTo(r); !bound.IsZero() {
			add(plan.Term{Index: indexBound, Ref: bound})
		}
	case *schema.VolumeSpec:
		indexVolume(r, add)
	case *schema.TargetGroupSpec:
		indexTargets(r, spec, add)
	case *schema.VPCEndpointSpec:
		for _, a := range endpointStatus(r).Addresses {
			if a.PrivateIP.IsValid() {
				use(subnetRef(a.Subnet), []netip.Addr{a.PrivateIP}, add)
			}
		}
	case *schema.HostSpec:
		add(plan.Term{Index: indexHosts, Ref: instanceRef(spec.Instance)})
	case *schema.ApprovalSpec:
		add(plan.Term{Index: indexApprovals, Ref: spec.Target})
	case *schema.PolicySpec:
		add(plan.Term{Index: indexPolicies})
	}
}

func distinctReferences(r *schema.Resource) []plan.Ref {
	fields := r.Spec.References()
	refs := make([]plan.Ref, 0, len(fields))
	for _, f := range fields {
		if f.Ref != r.Ref && !slices.Contains(refs, f.Ref) {
			refs = append(refs, f.Ref)
		}
	}
	return refs
}

func indexENI(r *schema.Resource, spec *schema.ENISpec, add func(plan.Term)) {
	if at := attachedTo(r); at != "" {
		add(plan.Term{Index: indexENIs, Ref: instanceRef(at)})
	}
	add(plan.Term{Index: indexENIsIn, Ref: subnetRef(spec.Subnet)})
	add(plan.Term{Index: indexAllENIs})
	use(subnetRef(spec.Subnet), eniAddrs(r), add)
	useIPv6(subnetRef(spec.Subnet), r, add)
}

func indexSubnet(r *schema.Resource, spec *schema.SubnetSpec, add func(plan.Term)) {
	add(plan.Term{Index: indexParts, Ref: vpcRef(spec.VPC)})
	for _, block := range blocksOf(spec.CIDR) {
		add(plan.Term{Index: indexRange, Ref: vpcRef(spec.VPC), Addr: block})
	}
	if spec.IPv6CIDR.IsValid() {
		add(plan.Term{Index: indexRange, Ref: vpcRef(spec.VPC), Addr: spec.IPv6CIDR.Addr()})
	}
	if status, ok := r.Status.(*schema.SubnetStatus); ok {
		use(r.Ref, status.UsedIPs, add)
		useIPv6(r.Ref, r, add)
	}
}

// use adds the terms of the IPv4 addresses of a subnet, each once.
func use(subnet plan.Ref, addrs []netip.Addr, add func(plan.Term)) {
	for i, a := range addrs {
		if slices.Contains(addrs[:i], a) || !a.Is4() {
			continue
		}
		add(plan.Term{Index: indexAddr, Ref: subnet, Addr: a})
		add(plan.Term{Index: indexUsed, Ref: subnet})
		add(plan.Term{Index: indexBlock, Ref: subnet, Addr: blockOf(a)})
	}
}

// blocksOf answers the first addresses of the /20s that a CIDR reaches into. The
// clouds' subnets are a /16 at most; of a larger one the first ones are enough
// to meet what overlaps it there.
func blocksOf(cidr netip.Prefix) (blocks []netip.Addr) {
	if !cidr.IsValid() {
		return nil
	}
	first, err := cidr.Addr().Prefix(min(20, cidr.Bits()))
	if err != nil {
		return nil
	}
	for a := first.Addr(); first.Contains(a) && len(blocks) < 4096; a = plus(a, 1<<12) {
		blocks = append(blocks, a)
	}
	return blocks
}

func blockOf(a netip.Addr) netip.Addr {
	p, err := a.Prefix(24)
	if err != nil {
		return a
	}
	return p.Addr()
}
