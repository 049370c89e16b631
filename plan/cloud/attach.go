package cloud

import (
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// attachRules are the rows of the catalogue that this file is about.
var attachRules = []schema.Rule{
	{ID: "eni.attach.same-vpc", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "An ENI and its instance are in the same VPC.",
		Source: "A 4.2", Code: "InvalidOperation.VpcMismatch"},
	{ID: "eni.attach.same-zone", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "An ENI and its instance are in the same zone; their subnets may differ.",
		Source: "A 4.1, 4.2", Code: "InvalidOperation.AvailabilityZoneMismatch",
		Note: "The overview of the source's own month asks for the same subnet as well; dropped since."},
	{ID: "eni.attach.status", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "An available ENI is attached to an instance that is running or stopped.",
		Source: "A 4.1", Code: "InvalidOperation.InvalidEniState"},
	{ID: "eni.attach.stopped-only", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "Some small shared types take and give ENIs only while stopped.",
		Source: "public", Code: "InvalidOperation.InvalidEcsState"},
	{ID: "eni.device-index", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "A device index of an instance is taken once.",
		Source: "public", Code: "InvalidParameterValue"},
	{ID: "eni.detach.in-use", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "An ENI that is in use is detached from an instance that is running or stopped, and is available then.",
		Source: "A 4.6", Code: "InvalidOperation.InvalidEniState",
		Note: "The source prints stopping for stopped in one place."},
	{ID: "eni.move", Class: schema.ClassEffect, Cloud: "any",
		Text:   "Pointing attachTo elsewhere detaches and attaches: addresses, MAC and groups move with the ENI.",
		Source: "A 4.1"},
	{ID: "eni.carries", Class: schema.ClassEffect, Cloud: "any",
		Text:   "Addresses, EIP and groups belong to an ENI and go with it.",
		Source: "B 04"},
}

var attachOperations = []*plan.Operation{
	{
		ID: "eni.attach", Name: named("AttachNetworkInterface", "AttachNetworkInterface"), Kind: schema.KindENI, Action: plan.Attach,
		Rank: rankAttach, Order: byDeviceIndex, Gives: attachGives, Changes: attachChanges,
		Requires: []plan.Requirement{
			eniLimit, ioOptimized, attachSameVPC, attachSameZone, attachInstanceStatus, attachENIStatus, attachIndexFree,
			stoppedOnly, requesterManaged, exists(attachTarget),
		},
		Effect: attachEffect, Takes: 10 * time.Second, Source: "A 4.1, 4.2",
	},
	{
		ID: "eni.detach", Name: named("DetachNetworkInterface", "DetachNetworkInterface"), Kind: schema.KindENI, Action: plan.Detach,
		Rank: rankDetach, Gives: func(v *plan.View, target plan.Ref) bool {
			_, want, ok := both[*schema.ENISpec](v, target)
			return ok && want.AttachTo == nil && eniStatus(now(v, target)).Instance != "" && want.ManagedBy == ""
		},
		Changes: func(v *plan.View, target plan.Ref) []plan.Change {
			return []plan.Change{{Path: "spec.attachTo.instance", From: eniStatus(now(v, target)).Instance}}
		},
		Requires: []plan.Requirement{roomToMove, detachInUse, detachStoppedOnly, requesterManaged},
		Effect:   detachEffect, Takes: 10 * time.Second, Source: "A 4.6",
	},
}

// attachTarget answers the instance that the ENI is to be attached to.
func attachTarget(v *plan.View, target plan.Ref) plan.Ref {
	if s := spec[*schema.ENISpec](wanted(v, target)); s != nil && s.AttachTo != nil {
		return instanceRef(s.AttachTo.Instance)
	}
	return plan.Ref{}
}

// attachGives reports whether the ENI is not attached where the files want it,
// nor on its way there.
func attachGives(v *plan.View, target plan.Ref) bool {
	_, want, ok := both[*schema.ENISpec](v, target)
	if !ok || want.AttachTo == nil || want.ManagedBy != "" {
		return false
	}
	s := eniStatus(now(v, target))
	return s.Phase == schema.PhaseDetaching || s.Instance != want.AttachTo.Instance ||
		want.AttachTo.DeviceIndex != 0 && s.DeviceIndex != want.AttachTo.DeviceIndex
}

func attachChanges(v *plan.View, target plan.Ref) []plan.Change {
	want := spec[*schema.ENISpec](wanted(v, target))
	s := eniStatus(now(v, target))
	f := fields{}.str("spec.attachTo.instance", s.Instance, want.AttachTo.Instance)
	if i := want.AttachTo.DeviceIndex; i != 0 && i != s.DeviceIndex {
		f = append(f, plan.Change{Path: "spec.attachTo.deviceIndex", From: orNilInt(s.DeviceIndex), To: i})
	}
	return f
}

func orNilInt(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// byDeviceIndex attaches the ENIs of an instance in the order of their indexes.
func byDeviceIndex(v *plan.View, target plan.Ref) int {
	s := spec[*schema.ENISpec](wanted(v, target))
	if s == nil || s.AttachTo == nil || s.AttachTo.DeviceIndex == 0 {
		return 999
	}
	return min(s.AttachTo.DeviceIndex, 998)
}

var attachSameVPC = plan.Requirement{Rule: "eni.attach.same-vpc", Code: code("InvalidOperation.VpcMismatch", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	return samePlace(v, target, "VPC", func(l schema.Lookup, r *schema.Resource) string {
		if vpc := schema.VPCOf(l, r); vpc != nil {
			return vpc.Name
		}
		return ""
	})
}}

var attachSameZone = plan.Requirement{Rule: "eni.attach.same-zone", Code: code("InvalidOperation.AvailabilityZoneMismatch", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	return samePlace(v, target, "zone", schema.ZoneOf)
}}

func samePlace(v *plan.View, target plan.Ref, what string, of func(schema.Lookup, *schema.Resource) string) plan.Verdict {
	eni, instance := now(v, target), now(v, attachTarget(v, target))
	if eni == nil || instance == nil {
		return plan.Skipped() // that both exist is another requirement
	}
	a, b := of(inWorld(v), eni), of(inWorld(v), instance)
	if a != b {
		return plan.Fails("put the ENI into a subnet of the instance's "+what, "%s is in %s %q, and %s in %q", target, what, a, instance.Ref, b).Wait(target, instance.Ref)
	}
	return plan.Holds("both are in %s %s", what, a)
}

var attachInstanceStatus = plan.Requirement{Rule: "eni.attach.status", Code: code("InvalidOperation.InvalidEcsState", "IncorrectInstanceState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	instance := now(v, attachTarget(v, target))
	if instance == nil {
		return plan.Skipped()
	}
	return inPhase(instance.Ref, instanceStatus(instance).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
}}

// attachENIStatus has an ENI that is attached elsewhere detached first: the move.
var attachENIStatus = plan.Requirement{Rule: "eni.attach.status", Code: code("InvalidOperation.InvalidEniState", "InvalidNetworkInterface.InUse"), Check: detachedFirst}

// detachedFirst is the verdict whether an ENI is available; one that is attached
// is detached, as its own step.
func detachedFirst(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	if r == nil {
		return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
	}
	s := eniStatus(r)
	if s.Phase == schema.PhaseInUse {
		return plan.Fails("detach it first", "%s is attached to %s", target, instanceRef(s.Instance)).Enable("eni.detach", target)
	}
	return inPhase(target, s.Phase, "available", []schema.Phase{schema.PhaseAvailable})
}

// attachIndexFree is the requirement that no other ENI sits at the device index.
var attachIndexFree = plan.Requirement{Rule: "eni.device-index", Code: code("", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.ENISpec](wanted(v, target))
	if want == nil || want.AttachTo == nil || want.AttachTo.DeviceIndex == 0 {
		return plan.Skipped()
	}
	var somewhere []plan.Ref
	for _, ref := range v.Members(plan.Term{Index: indexENIs, Ref: instanceRef(want.AttachTo.Instance)}) {
		switch other := now(v, ref); {
		case ref == target:
		case indexUnseen(v, other):
			somewhere = append(somewhere, ref)
		case eniStatus(other).DeviceIndex == want.AttachTo.DeviceIndex:
			return plan.Fails("choose another deviceIndex", "%s sits at device index %d", ref, want.AttachTo.DeviceIndex).Wait(ref)
		}
	}
	if len(somewhere) > 0 {
		return plan.Unknown("at which device index %s sits only the state knows; if it is %d, this step is blocked", somewhere[0], want.AttachTo.DeviceIndex)
	}
	return plan.Holds("device index %d is free", want.AttachTo.DeviceIndex)
}}

// stoppedOnly is for types that take and give ENIs only while stopped.
var stoppedOnly = stoppedInstance("eni.attach.stopped-only", code("InvalidOperation.InvalidEcsState", ""), func(v *plan.View, target plan.Ref) plan.Ref {
	return ifStoppedOnly(v, attachTarget(v, target))
})

var detachStoppedOnly = stoppedInstance("eni.attach.stopped-only", code("InvalidOperation.InvalidEcsState", ""), func(v *plan.View, target plan.Ref) plan.Ref {
	return ifStoppedOnly(v, instanceOf(v, target))
})

func ifStoppedOnly(v *plan.View, instance plan.Ref) plan.Ref {
	if t, ok := typeOf(v, instance); ok && t.AttachRequiresStopped {
		return instance
	}
	return plan.Ref{}
}

// instanceOf answers the instance that an ENI is attached to in the world.
func instanceOf(v *plan.View, target plan.Ref) plan.Ref {
	if r := now(v, target); r != nil {
		if at := eniStatus(r).Instance; at != "" {
			return instanceRef(at)
		}
	}
	return plan.Ref{}
}

var detachInUse = plan.Requirement{Rule: "eni.detach.in-use", Code: code("InvalidOperation.InvalidEniState", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	if r == nil {
		return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
	}
	if verdict := inPhase(target, eniStatus(r).Phase, "in-use", []schema.Phase{schema.PhaseInUse}); !verdict.Holds {
		return verdict
	}
	instance := now(v, instanceOf(v, target))
	if instance == nil {
		return plan.Holds("%s is in-use", target)
	}
	return inPhase(instance.Ref, instanceStatus(instance).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
}}

func attachEffect(e *plan.Effects, target plan.Ref) {
	want := spec[*schema.ENISpec](wanted(e.View, target)).AttachTo
	index := want.DeviceIndex
	if index == 0 {
		index = lowestIndex(e.View, target, want.Instance)
	}
	change(e, target, func(s *schema.ENISpec) { s.AttachTo = want })
	r := now(e.View, target)
	s := eniStatus(r)
	s.Phase, s.Instance, s.DeviceIndex = schema.PhaseInUse, want.Instance, index
	e.Put(target, r.With(nil, &s))
	e.Note("eni.carries", "its addresses and groups%s come with it to %s, at device index %d", boundNames(e, target), instanceRef(want.Instance), index)
}

// lowestIndex answers the lowest device index from 1 that no ENI of the
// instance has, nor asks for.
func lowestIndex(v *plan.View, target plan.Ref, instance string) int {
	t := plan.Term{Index: indexENIs, Ref: instanceRef(instance)}
	var taken []int
	for _, ref := range v.Members(t) {
		if ref != target {
			taken = append(taken, eniStatus(now(v, ref)).DeviceIndex)
		}
	}
	for _, ref := range v.Want.Members(t) {
		if s := spec[*schema.ENISpec](wanted(v, ref)); ref != target && s.AttachTo != nil {
			taken = append(taken, s.AttachTo.DeviceIndex)
		}
	}
	for i := 1; ; i++ {
		if !slices.Contains(taken, i) {
			return i
		}
	}
}

// boundNames answers ", EIP/a" for each EIP that is bound to the ENI.
func boundNames(e *plan.Effects, eni plan.Ref) (names string) {
	for _, ref := range e.World().Members(plan.Term{Index: indexBound, Ref: eni}) {
		names += ", " + ref.String()
	}
	return names
}

func detachEffect(e *plan.Effects, target plan.Ref) {
	s := eniStatus(now(e.View, target)) // before the spec loses what it may be told by
	from := s.Instance
	change(e, target, func(s *schema.ENISpec) { s.AttachTo = nil })
	s.Phase, s.Instance, s.DeviceIndex = schema.PhaseAvailable, "", 0
	e.Put(target, now(e.View, target).With(nil, &s))
	e.Note("eni.carries", "its addresses and groups%s leave %s with it", boundNames(e, target), instanceRef(from))
	if to := attachTarget(e.View, target); !to.IsZero() && to != instanceRef(from) {
		e.Note("eni.move", "it moves to %s", to)
	}
}
