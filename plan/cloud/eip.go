package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// eipRules are the rows of the catalogue that this file is about.
var eipRules = []schema.Rule{
	{ID: "eip.bind.no-nat-ip", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "An EIP is bound only to an instance without a NAT public IP, and one is assigned only where no EIP is bound.",
		Source: "A 2.1", Code: "InvalidInstance.EipNotSupport"},
	{ID: "eip.release.unbound", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "An EIP is unbound, as a step of its own, before it is released.",
		Source: "A 2.1, 3.3", Code: "IncorrectEipStatus"},
	{ID: "eip.lifecycle", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "available → associating → in-use → unassociating → available: an EIP is bound while available and unbound while in use.",
		Source: "public", Code: "IncorrectEipStatus"},
	{ID: "eip.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "An EIP's account and region are fixed at its allocation; one that came from a conversion cannot be made anew.",
		Source: "public"},
}

var (
	allocateName = named("AllocateEipAddress", "AllocateAddress")
	releaseName  = named("ReleaseEipAddress", "ReleaseAddress")
)

var eipOperations = []*plan.Operation{
	{
		ID: "eip.allocate", Name: allocateName, Kind: schema.KindEIP, Action: plan.Create,
		Rank: rankAllocate, Gives: func(v *plan.View, target plan.Ref) bool {
			if w := spec[*schema.EIPSpec](wanted(v, target)); w != nil && w.ConvertFrom != nil && now(v, target) == nil {
				return false // the conversion makes it
			}
			return creates(eipFixed)(v, target)
		},
		Changes:  createChanges(eipFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{eipAbsent},
		Effect: func(e *plan.Effects, target plan.Ref) {
			createWith(e, target, &schema.EIPStatus{
				CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}}, Phase: schema.PhaseAvailable})
		}, Source: "A 2.1",
	},
	{
		ID: "eip.release", Name: releaseName, Kind: schema.KindEIP, Action: plan.Delete,
		Rank: rankRelease, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(releaseName, nil), eipUnbound), Effect: deletePlain, Source: "A 2.1",
	},
	{
		ID: "eip.bandwidth", Name: named("ModifyEipAddressAttribute", "ModifyAddressAttribute"), Kind: schema.KindEIP, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(eipBandwidth(v, target)) > 0 }, Changes: eipBandwidth,
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.EIPSpec) {
				s.BandwidthMbps = spec[*schema.EIPSpec](wanted(e.View, target)).BandwidthMbps
			})
		}, Source: "public",
	},
	{
		ID: "eip.bind", Name: named("AssociateEipAddress", "AssociateAddress"), Kind: schema.KindEIP, Action: plan.Bind,
		Rank: rankBind, Gives: func(v *plan.View, target plan.Ref) bool {
			_, want, ok := both[*schema.EIPSpec](v, target)
			return ok && want.BindTo != nil && !sameBinding(v, eipStatus(now(v, target)), want.BindTo)
		},
		Changes: func(v *plan.View, target plan.Ref) []plan.Change {
			return []plan.Change{{Path: "spec.bindTo", From: orNilBinding(eipStatus(now(v, target)).BoundTo), To: spec[*schema.EIPSpec](wanted(v, target)).BindTo}}
		},
		Requires: []plan.Requirement{bindFree, bindNoNATIP, bindStatus, exists(bindTarget), bindAddress},
		Effect: func(e *plan.Effects, target plan.Ref) {
			to := spec[*schema.EIPSpec](wanted(e.View, target)).BindTo
			bind(e, target, to, schema.PhaseInUse)
		}, Source: "A 2.1; B 04",
	},
	{
		ID: "eip.unbind", Name: named("UnassociateEipAddress", "DisassociateAddress"), Kind: schema.KindEIP, Action: plan.Unbind,
		Rank: rankUnbind, Gives: func(v *plan.View, target plan.Ref) bool {
			_, want, ok := both[*schema.EIPSpec](v, target)
			return ok && want.BindTo == nil && want.ConvertFrom == nil && eipStatus(now(v, target)).BoundTo != nil
		},
		Changes: func(v *plan.View, target plan.Ref) []plan.Change {
			return []plan.Change{{Path: "spec.bindTo", From: orNilBinding(eipStatus(now(v, target)).BoundTo)}}
		},
		Requires: []plan.Requirement{eipInPhase("in-use", schema.PhaseInUse)},
		Effect:   func(e *plan.Effects, target plan.Ref) { bind(e, target, nil, schema.PhaseAvailable) }, Source: "A 2.1, 3.3",
	},
	convertOperation,
}

func eipFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.EIPSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region)
}

func eipBandwidth(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.EIPSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.any("spec.bandwidthMbps", orNilInt(is.BandwidthMbps), orNilInt(want.BandwidthMbps), is.BandwidthMbps == want.BandwidthMbps)
}

// sameBinding reports whether an EIP is bound as wanted, or on its way there. An
// ENI's primary address may be left out.
func sameBinding(v *plan.View, s schema.EIPStatus, want *schema.Binding) bool {
	if s.BoundTo == nil || s.Phase == schema.PhaseUnassociating || bindingRef(s.BoundTo) != bindingRef(want) {
		return false
	}
	return want.ENI == "" || boundAddr(v, s.BoundTo) == boundAddr(v, want)
}

// boundAddr answers the private address that an EIP is bound to on an ENI.
func boundAddr(v *plan.View, b *schema.Binding) netip.Addr {
	if b.PrivateIP.IsValid() {
		return b.PrivateIP
	}
	if r := now(v, eniRef(b.ENI)); r != nil {
		return eniStatus(r).PrivateIP
	}
	return netip.Addr{}
}

func orNilBinding(b *schema.Binding) any {
	if b == nil {
		return nil
	}
	return b
}

func bindTarget(v *plan.View, target plan.Ref) plan.Ref {
	if s := spec[*schema.EIPSpec](wanted(v, target)); s != nil {
		return bindingRef(s.BindTo)
	}
	return plan.Ref{}
}

// eipInPhase is the requirement that the EIP is in the phase.
func eipInPhase(words string, phase schema.Phase) plan.Requirement {
	return plan.Requirement{Rule: "eip.lifecycle", Code: code("IncorrectEipStatus", "InvalidAssociationID.NotFound"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		r := now(v, target)
		if r == nil {
			return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
		}
		return inPhase(target, eipStatus(r).Phase, words, []schema.Phase{phase})
	}}
}

// eipUnbound has a bound EIP unbound first, as its own step.
var eipUnbound = plan.Requirement{Rule: "eip.release.unbound", Code: code("IncorrectEipStatus", "InvalidIPAddress.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	if r == nil {
		return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
	}
	s := eipStatus(r)
	if s.Phase == schema.PhaseInUse {
		return plan.Fails("unbind it first", "%s is bound to %s", target, bindingRef(s.BoundTo)).Enable("eip.unbind", target)
	}
	return inPhase(target, s.Phase, "available", []schema.Phase{schema.PhaseAvailable})
}}

// bindStatus has an EIP that is bound elsewhere unbound first.
var bindStatus = plan.Requirement{Rule: "eip.lifecycle", Code: code("IncorrectEipStatus", "Resource.AlreadyAssociated"), Check: eipUnbound.Check}

// bindFree is the requirement that no other EIP sits where this one goes.
var bindFree = plan.Requirement{Rule: "eip.bind.single", Code: code("InvalidAssociation.Duplicated", "Resource.AlreadyAssociated"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.EIPSpec](wanted(v, target))
	if want == nil || want.BindTo == nil {
		return plan.Skipped()
	}
	for _, ref := range v.Members(plan.Term{Index: indexBound, Ref: bindTarget(v, target)}) {
		other := eipStatus(now(v, ref))
		if ref == target || want.BindTo.ENI != "" && boundAddr(v, other.BoundTo) != boundAddr(v, want.BindTo) {
			continue
		}
		return plan.Fails("unbind that EIP", "%s is bound there", ref).Wait(ref)
	}
	return plan.Holds("no EIP is bound there")
}}

// bindAddress is the requirement that the ENI has the address that is bound.
var bindAddress = plan.Requirement{Rule: plan.RuleDependsOn, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.EIPSpec](wanted(v, target))
	if want == nil || want.BindTo == nil || want.BindTo.ENI == "" || !want.BindTo.PrivateIP.IsValid() {
		return plan.Skipped()
	}
	eni := now(v, eniRef(want.BindTo.ENI))
	if eni == nil || slices.Contains(eniAddrs(eni), want.BindTo.PrivateIP) {
		return plan.Verdict{Holds: true}
	}
	return plan.Fails("settle what keeps it from being assigned", "%s does not have %s yet", eni.Ref, want.BindTo.PrivateIP).Wait(eni.Ref)
}}

// eipAbsent has an EIP that is to be another one released first, but for one that
// was made by a conversion: the NAT public IP that it came from is gone.
var eipAbsent = plan.Requirement{Rule: "eip.immutable", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s := spec[*schema.EIPSpec](wanted(v, target)); s == nil || s.ConvertFrom == nil || now(v, target) == nil {
		return absent("eip.immutable", "eip.release").Check(v, target)
	}
	return plan.Fails("take the change back, or drop convertFrom", "%s was made by a conversion, which cannot be made anew", target)
}}

// bindNoNATIP is the requirement that an Alibaba instance has no NAT public IP.
var bindNoNATIP = plan.Requirement{Rule: "eip.bind.no-nat-ip", Code: code("IncorrectInstanceStatus", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	to := bindTarget(v, target)
	r := now(v, to)
	if to.Kind != schema.KindInstance || r == nil || is(v, target, schema.AWS) {
		return plan.Skipped()
	}
	if instanceStatus(r).PublicIP != nil {
		return plan.Fails("release the NAT public IP first, or convert it to an EIP", "%s has a NAT public IP", to).Wait(to)
	}
	return plan.Holds("%s has no NAT public IP", to)
}}

func bind(e *plan.Effects, target plan.Ref, to *schema.Binding, phase schema.Phase) {
	change(e, target, func(s *schema.EIPSpec) { s.BindTo = to })
	r := now(e.View, target)
	s := eipStatus(r)
	s.BoundTo, s.Phase = to, phase
	e.Put(target, r.With(nil, &s))
}

// unbindAll unbinds what is bound to an object that goes: a bound EIP stays.
func unbindAll(e *plan.Effects, from plan.Ref) {
	for _, ref := range e.World().Members(plan.Term{Index: indexBound, Ref: from}) {
		bind(e, ref, nil, schema.PhaseAvailable)
		e.Note("eni.carries", "%s stays and is no longer bound", ref)
	}
}

// unbindAddrs unbinds the EIPs of addresses that an ENI loses.
func unbindAddrs(e *plan.Effects, eni plan.Ref, gone []netip.Addr) {
	for _, ref := range e.World().Members(plan.Term{Index: indexBound, Ref: eni}) {
		if b := eipStatus(now(e.View, ref)).BoundTo; slices.Contains(gone, boundAddr(e.View, b)) {
			bind(e, ref, nil, schema.PhaseAvailable)
			e.Note("eni.carries", "%s stays and is no longer bound", ref)
		}
	}
}
