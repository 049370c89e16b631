package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// networkRules are the rows of the catalogue that this file is about.
var networkRules = []schema.Rule{
	{ID: "vpc.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "A VPC's account, region and CIDR are fixed at its creation.",
		Source: "public"},
	{ID: "subnet.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "A subnet's VPC, zone and CIDR are fixed at its creation.",
		Source: "public"},
	{ID: "reservation.while-used", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "A block may be reserved while addresses in it are in use; once released they are not handed out automatically again.",
		Source: "B 04-03"},
}

var networkOperations = []*plan.Operation{
	{
		ID: "vpc.create", Name: named("CreateVpc", "CreateVpc"), Kind: schema.KindVPC, Action: plan.Create,
		Rank: rankCreateNetwork, Gives: creates(vpcFixed), Changes: createChanges(vpcFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{absent("vpc.immutable", "vpc.delete")},
		Effect:   createPlain, Source: "A 1",
	},
	{
		ID: "vpc.delete", Name: named("DeleteVpc", "DeleteVpc"), Kind: schema.KindVPC, Action: plan.Delete,
		Rank: rankDeleteNetwork, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(named("DeleteVpc", "DeleteVpc"), nil), unreferenced(code("DependencyViolation", "DependencyViolation"))),
		Effect:   deletePlain, Source: "A 1",
	},
	{
		ID: "subnet.create", Name: named("CreateVSwitch", "CreateSubnet"), Kind: schema.KindSubnet, Action: plan.Create,
		Rank: rankCreateNetwork, Gives: creates(subnetFixed), Changes: createChanges(subnetFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{absent("subnet.immutable", "subnet.delete"), referencesExist, subnetIPv6InVPC, subnetRangeFree},
		Effect:   createPlain, Source: "A 2.1",
	},
	{
		ID: "subnet.delete", Name: named("DeleteVSwitch", "DeleteSubnet"), Kind: schema.KindSubnet, Action: plan.Delete,
		Rank: rankDeleteNetwork, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(named("DeleteVSwitch", "DeleteSubnet"), nil), unreferenced(code("DependencyViolation", "DependencyViolation"))),
		Effect:   deletePlain, Source: "A 2.1",
	},
	{
		ID: "subnet.reserve", Name: named("CreateVSwitchCidrReservation", "CreateSubnetCidrReservation"), Kind: schema.KindSubnet, Action: plan.Update,
		Rank: rankReserve, Gives: func(v *plan.View, target plan.Ref) bool {
			is, want, ok := both[*schema.SubnetSpec](v, target)
			return ok && len(missing(is.Reservations, want.Reservations)) > 0
		},
		Changes: reservationChanges, Requires: []plan.Requirement{reservationFree}, Effect: reserve, Source: "B 04-03",
	},
	{
		ID: "subnet.unreserve", Name: named("DeleteVSwitchCidrReservation", "DeleteSubnetCidrReservation"), Kind: schema.KindSubnet, Action: plan.Update,
		Rank: rankUnreserve, Gives: func(v *plan.View, target plan.Ref) bool {
			is, want, ok := both[*schema.SubnetSpec](v, target)
			return ok && len(missing(want.Reservations, is.Reservations)) > 0
		},
		Changes: reservationChanges, Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.SubnetSpec) {
				want := spec[*schema.SubnetSpec](wanted(e.View, target))
				s.Reservations = slices.DeleteFunc(slices.Clone(s.Reservations), func(r schema.Reservation) bool {
					return want == nil || !slices.Contains(want.Reservations, r)
				})
			})
		}, Source: "B 04-03",
	},
}

func vpcFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.VPCSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.account", is.Account, want.Account).
		str("spec.region", is.Region, want.Region).
		any("spec.cidr", is.CIDR, want.CIDR, is.CIDR == want.CIDR)
}

func subnetFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.SubnetSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.vpc", is.VPC, want.VPC).
		str("spec.zone", is.Zone, want.Zone).
		any("spec.cidr", is.CIDR, want.CIDR, is.CIDR == want.CIDR)
}

// subnetRangeFree is the cloud's own refusal of a subnet that overlaps one that
// is still there.
var subnetRangeFree = plan.Requirement{Rule: "subnet.in-vpc", Code: code("", "InvalidSubnet.Conflict"),
	Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		want := spec[*schema.SubnetSpec](wanted(v, target))
		if want == nil {
			return plan.Skipped()
		}
		blocks := blocksOf(want.CIDR)
		if want.IPv6CIDR.IsValid() {
			blocks = append(blocks, want.IPv6CIDR.Addr())
		}
		for _, block := range blocks {
			for _, ref := range v.Members(plan.Term{Index: indexRange, Ref: vpcRef(want.VPC), Addr: block}) {
				other := spec[*schema.SubnetSpec](now(v, ref))
				if other == nil || ref == target {
					continue
				}
				if cidr := other.CIDROf(block); cidr.Overlaps(want.CIDROf(block)) {
					return plan.Fails("wait until it is gone, or choose another CIDR", "%s still has %s", ref, cidr).Wait(ref)
				}
			}
		}
		return plan.Holds("no subnet of the VPC overlaps %s", want.CIDR)
	}}

// reservationFree is the refusal of a reservation that overlaps another one.
var reservationFree = plan.Requirement{Rule: "reservation.in-subnet", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	is, want, ok := both[*schema.SubnetSpec](v, target)
	if !ok {
		return plan.Skipped()
	}
	for _, r := range missing(is.Reservations, want.Reservations) {
		for _, old := range is.Reservations {
			if old.CIDR.Overlaps(r.CIDR) {
				return plan.Fails("take that reservation out first", "%s is reserved already", old.CIDR).Enable("subnet.unreserve", target)
			}
		}
	}
	return plan.Holds("the blocks are not reserved yet")
}}

func reservationChanges(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.SubnetSpec](v, target)
	if !ok {
		return nil
	}
	return []plan.Change{{Path: "spec.reservations", From: is.Reservations, To: want.Reservations}}
}

func reserve(e *plan.Effects, target plan.Ref) {
	want := spec[*schema.SubnetSpec](wanted(e.View, target))
	change(e, target, func(s *schema.SubnetSpec) {
		s.Reservations = append(slices.Clone(s.Reservations), missing(s.Reservations, want.Reservations)...)
	})
	e.Note("reservation.while-used", "addresses in it that are in use stay so; once released they are not handed out automatically again")
}

func deletePlain(e *plan.Effects, target plan.Ref) { e.Put(target, nil) }

// change puts the target with its applied spec as edit leaves it.
func change[S any, P interface {
	*S
	schema.Spec
}](e *plan.Effects, target plan.Ref, edit func(P)) {
	r := now(e.View, target)
	s := *spec[P](r)
	edit(&s)
	e.Put(target, r.With(P(&s), nil))
}

// replacement is the nature of a create whose target stands there still.
func replacement(v *plan.View, target plan.Ref) (n plan.Nature) {
	if now(v, target) != nil {
		n.PartOf = "replace"
	}
	return n
}

// deleteNature answers the nature of a delete: part of a replacement, or not.
func deleteNature(loses func(*plan.View, plan.Ref) bool) func(*plan.View, plan.Ref) plan.Nature {
	return func(v *plan.View, target plan.Ref) (n plan.Nature) {
		if replacing(v, target) {
			n.PartOf = "replace"
		}
		n.DataLoss = loses != nil && loses(v, target)
		return n
	}
}
