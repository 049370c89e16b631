package cloud

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// networkIPv6Rules are the rows of the catalogue that this file is about.
var networkIPv6Rules = []schema.Rule{
	{ID: "ipv6.cidr.in-use", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "A VPC or a subnet has one IPv6 CIDR. It goes, or gives way to another, once nothing of it is in use.",
		Source: "public", Code: "DependencyViolation",
		Note: "AWS lets a VPC have several."},
}

// networkIPv6Operations give VPCs and subnets that are there an IPv6 CIDR, or take
// it from them. One that is new has it from its creation.
var networkIPv6Operations = []*plan.Operation{
	{
		ID: "vpc.associate-ipv6", Name: named("ModifyVpcAttribute", "AssociateVpcCidrBlock"), Kind: schema.KindVPC, Action: plan.Update,
		Rank: rankCreateNetwork, Gives: gainsIPv6(vpcIPv6), Changes: ipv6Changes(vpcIPv6, true),
		Requires: []plan.Requirement{ipv6CIDRAbsent(vpcIPv6, "vpc.disassociate-ipv6")},
		Effect:   setIPv6(vpcIPv6, true), Source: "public",
	},
	{
		ID: "vpc.disassociate-ipv6", Name: named("ModifyVpcAttribute", "DisassociateVpcCidrBlock"), Kind: schema.KindVPC, Action: plan.Update,
		Rank: rankDeleteNetwork, Gives: losesIPv6(vpcIPv6), Changes: ipv6Changes(vpcIPv6, false),
		Requires: []plan.Requirement{ipv6CIDRUnused},
		Effect:   setIPv6(vpcIPv6, false), Source: "public",
	},
	{
		ID: "subnet.associate-ipv6", Name: named("ModifyVSwitchAttribute", "AssociateSubnetCidrBlock"), Kind: schema.KindSubnet, Action: plan.Update,
		Rank: rankCreateNetwork, Gives: gainsIPv6(subnetIPv6), Changes: ipv6Changes(subnetIPv6, true),
		Requires: []plan.Requirement{subnetIPv6InVPC, subnetRangeFree, ipv6CIDRAbsent(subnetIPv6, "subnet.disassociate-ipv6")},
		Effect:   setIPv6(subnetIPv6, true), Source: "public",
	},
	{
		ID: "subnet.disassociate-ipv6", Name: named("ModifyVSwitchAttribute", "DisassociateSubnetCidrBlock"), Kind: schema.KindSubnet, Action: plan.Update,
		Rank: rankDeleteNetwork, Gives: losesIPv6(subnetIPv6), Changes: ipv6Changes(subnetIPv6, false),
		Requires: []plan.Requirement{ipv6AddressesUnused},
		Effect:   setIPv6(subnetIPv6, false), Source: "public",
	},
}

func vpcIPv6(s *schema.VPCSpec) *netip.Prefix       { return &s.IPv6CIDR }
func subnetIPv6(s *schema.SubnetSpec) *netip.Prefix { return &s.IPv6CIDR }

// ipv6CIDRs answers the IPv6 CIDRs that the target has and is to have, zero for
// none; the same where there is nothing to compare.
func ipv6CIDRs[S schema.Spec](v *plan.View, target plan.Ref, of func(S) *netip.Prefix) (is, want netip.Prefix) {
	if is, want, ok := both[S](v, target); ok {
		return *of(is), *of(want)
	}
	return is, want
}

func gainsIPv6[S schema.Spec](of func(S) *netip.Prefix) func(*plan.View, plan.Ref) bool {
	return func(v *plan.View, target plan.Ref) bool {
		is, want := ipv6CIDRs(v, target, of)
		return want.IsValid() && is != want
	}
}

func losesIPv6[S schema.Spec](of func(S) *netip.Prefix) func(*plan.View, plan.Ref) bool {
	return func(v *plan.View, target plan.Ref) bool {
		is, want := ipv6CIDRs(v, target, of)
		return is.IsValid() && is != want
	}
}

func ipv6Changes[S schema.Spec](of func(S) *netip.Prefix, gives bool) func(*plan.View, plan.Ref) []plan.Change {
	return func(v *plan.View, target plan.Ref) []plan.Change {
		is, want := ipv6CIDRs(v, target, of)
		if !gives {
			want = netip.Prefix{}
		}
		return []plan.Change{{Path: "spec.ipv6CIDR", From: orNilPrefix(is), To: orNilPrefix(want)}}
	}
}

func orNilPrefix(p netip.Prefix) any {
	if !p.IsValid() {
		return nil
	}
	return p
}

// setIPv6 gives the target the IPv6 CIDR that is wanted, or takes what it has.
func setIPv6[S any, P interface {
	*S
	schema.Spec
}](of func(P) *netip.Prefix, gives bool) func(*plan.Effects, plan.Ref) {
	return func(e *plan.Effects, target plan.Ref) {
		_, want := ipv6CIDRs(e.View, target, of)
		change(e, target, func(s P) {
			*of(s) = netip.Prefix{}
			if gives {
				*of(s) = want
			}
		})
	}
}

// ipv6CIDRAbsent has the old IPv6 CIDR go before another one comes.
func ipv6CIDRAbsent[S schema.Spec](of func(S) *netip.Prefix, enabler string) plan.Requirement {
	return plan.Requirement{Rule: "ipv6.cidr.in-use", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		if is, _ := ipv6CIDRs(v, target, of); is.IsValid() {
			return plan.Fails("free what uses it, or take the change back", "%s still has %s", target, is).Enable(enabler, target)
		}
		return plan.Holds("%s has no IPv6 CIDR", target)
	}}
}

// ipv6CIDRUnused is the requirement that no subnet has a part of a VPC's IPv6 CIDR.
var ipv6CIDRUnused = plan.Requirement{Rule: "ipv6.cidr.in-use", Code: code("DependencyViolation", "DependencyViolation"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	for _, ref := range v.Members(plan.Term{Index: indexParts, Ref: target}) {
		if s := spec[*schema.SubnetSpec](now(v, ref)); s != nil && s.IPv6CIDR.IsValid() {
			return plan.Fails("take spec.ipv6CIDR from the subnet too", "%s has %s of it", ref, s.IPv6CIDR).Wait(ref)
		}
	}
	return plan.Holds("no subnet has a part of it")
}}

// ipv6AddressesUnused is the requirement that nothing has an address of a subnet's
// IPv6 CIDR.
var ipv6AddressesUnused = plan.Requirement{Rule: "ipv6.cidr.in-use", Code: code("DependencyViolation", "DependencyViolation"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	t := plan.Term{Index: indexIPv6, Ref: target}
	switch {
	case v.AtLeast(t, 1):
	case addressesUnseen(v, target.Name):
		return plan.Unknown("whether something that enid does not manage has an IPv6 address of %s only the state knows; if something has, this step is blocked", target)
	default:
		return plan.Holds("nothing has an address of it")
	}
	users := v.Members(t)
	return plan.Fails("take their IPv6 addresses first", "%s has addresses of it, of %d in all", holderName(users[0]), len(users)).Wait(users[:min(len(users), 8)]...)
}}

// subnetIPv6InVPC is the requirement that the VPC has, by now, the IPv6 CIDR of
// which the subnet is to have a part.
var subnetIPv6InVPC = plan.Requirement{Rule: "subnet.in-vpc", Code: code("", "InvalidSubnet.Range"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.SubnetSpec](wanted(v, target))
	if want == nil || !want.IPv6CIDR.IsValid() {
		return plan.Skipped()
	}
	vpc := spec[*schema.VPCSpec](now(v, vpcRef(want.VPC)))
	switch {
	case vpc == nil:
		return plan.Skipped() // that it exists is another requirement
	case !vpc.IPv6CIDR.IsValid():
		return plan.Fails("settle what keeps the VPC from getting it", "%s has no IPv6 CIDR yet", vpcRef(want.VPC)).Wait(vpcRef(want.VPC))
	case !vpc.IPv6CIDR.Contains(want.IPv6CIDR.Addr()):
		return plan.Fails("settle what keeps the VPC from getting another", "%s still has %s, in which %s is not", vpcRef(want.VPC), vpc.IPv6CIDR, want.IPv6CIDR).Wait(vpcRef(want.VPC))
	}
	return plan.Holds("%s has %s", vpcRef(want.VPC), vpc.IPv6CIDR)
}}
