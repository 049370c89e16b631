package cloud

import (
	"time"

	"enid/plan"
	"enid/schema"
)

// publicIPRules are the rows of the catalogue that this file is about.
var publicIPRules = []schema.Rule{
	{ID: "public-ip.change.stopped", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The public address changes only while the instance is stopped.",
		Source: "A 3.2", Code: "IncorrectInstanceStatus",
		Note: "Pay-as-you-go instances stop in standard, not economical mode for it."},
	{ID: "public-ip.classic-zero-bandwidth", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "Bandwidth 0 on a classic subscription instance keeps the address and cuts internet access in the next cycle.",
		Source: "A 2.2"},
}

// changeWindow is how young an instance must be for its public address to
// change, maxChanges how often it may in its life. Document A 3.2.
const (
	changeWindow = 6 * time.Hour
	maxChanges   = 3
)

var publicIPOperations = []*plan.Operation{
	{
		ID: "instance.public-ip-allocate", Name: named("AllocatePublicIpAddress", "ModifyNetworkInterfaceAttribute"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool {
			want, s, ok := publicIP(v, target)
			return ok && asks(want) && s.PublicIP == nil
		},
		Changes:  publicIPChanges,
		Requires: []plan.Requirement{publicIPLate, atLaunch, noEIPBound, lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.PublicIP = wantedInstance(e, target).PublicIP })
			observe(e, target, func(s *schema.InstanceStatus) { s.PublicIP = &schema.PublicIPStatus{} })
		}, Source: "A 2.2, 3.2",
	},
	{
		ID: "instance.public-ip-release", Name: releasePublicIPName, Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool {
			want, s, ok := publicIP(v, target)
			return ok && !asks(want) && s.PublicIP != nil
		},
		Changes: publicIPChanges,
		Requires: []plan.Requirement{notConverting, publicIPNoUnbind, publicIPRelease, publicIPClassicFixed, atLaunch,
			lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.PublicIP = wantedInstance(e, target).PublicIP })
			observe(e, target, func(s *schema.InstanceStatus) { s.PublicIP = nil })
			e.Note("public-ip.release.subscription", "a renewal downgrade releases it; taken as effective at once")
		}, Source: "A 2.1",
	},
	{
		ID: "instance.public-ip-change", Name: named("ChangePublicIp", "ChangePublicIp"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankChangeStopped, Gives: func(v *plan.View, target plan.Ref) bool { return rotations(v, target) > 0 },
		Changes: func(v *plan.View, target plan.Ref) []plan.Change {
			is := spec[*schema.InstanceSpec](now(v, target)).PublicIP.Rotation
			return []plan.Change{{Path: "spec.publicIP.rotation", From: is, To: is + 1}}
		},
		Requires: []plan.Requirement{stopped("public-ip.change.stopped", code("IncorrectInstanceStatus", "")), publicIPWindow, publicIPCount, publicIPAssigned},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) {
				p := *s.PublicIP
				p.Rotation++
				s.PublicIP = &p
			})
			observe(e, target, func(s *schema.InstanceStatus) { s.PublicIP = &schema.PublicIPStatus{Changes: s.PublicIP.Changes + 1} })
		}, Source: "A 3.2",
	},
	{
		ID: "instance.public-ip-bandwidth", Name: named("ModifyInstanceNetworkSpec", "ModifyInstanceAttribute"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(bandwidth(v, target)) > 0 }, Changes: bandwidth,
		Effect: func(e *plan.Effects, target plan.Ref) {
			want := wantedInstance(e, target).PublicIP
			change(e, target, func(s *schema.InstanceSpec) {
				p := *s.PublicIP
				p.BandwidthMbps = want.BandwidthMbps
				s.PublicIP = &p
			})
			if s := spec[*schema.InstanceSpec](now(e.View, target)); s.NetworkType == schema.NetworkClassic && zeroBandwidth(s.PublicIP) {
				e.Note("public-ip.classic-zero-bandwidth", "the address is kept, and internet access is cut in the next cycle")
			}
		}, Source: "A 2.2, 3.2",
	},
}

// publicIP answers what is wanted of an instance's public address and what it has.
func publicIP(v *plan.View, target plan.Ref) (want *schema.InstanceSpec, s schema.InstanceStatus, ok bool) {
	_, want, ok = both[*schema.InstanceSpec](v, target)
	if ok {
		s = instanceStatus(now(v, target))
	}
	return want, s, ok
}

// asks reports whether the files ask for a public address: bandwidth 0 is a
// release on a VPC instance.
func asks(s *schema.InstanceSpec) bool {
	return s.PublicIP != nil && (s.NetworkType == schema.NetworkClassic || !zeroBandwidth(s.PublicIP))
}

func zeroBandwidth(p *schema.PublicIP) bool {
	return p != nil && p.BandwidthMbps != nil && *p.BandwidthMbps == 0
}

// converting answers the EIP whose conversion, asked for by the files, serves the
// removal of the instance's public address; zero for none.
func converting(v *plan.View, target plan.Ref) plan.Ref {
	for _, ref := range v.Want.Members(plan.Term{Index: indexReferrers, Ref: target}) {
		s := spec[*schema.EIPSpec](wanted(v, ref))
		if s != nil && s.ConvertFrom != nil && s.ConvertFrom.Instance == target.Name && now(v, ref) == nil {
			return ref
		}
	}
	return plan.Ref{}
}

// notConverting leaves the removal to a conversion that the files ask for.
var notConverting = plan.Requirement{Rule: plan.RuleDependsOn, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	eip := converting(v, target)
	if eip.IsZero() {
		return plan.Skipped()
	}
	return plan.Fails("settle the conversion first", "the address is to become %s", eip).Wait(eip)
}}

func publicIPChanges(v *plan.View, target plan.Ref) []plan.Change {
	is, want, _ := both[*schema.InstanceSpec](v, target)
	return []plan.Change{{Path: "spec.publicIP", From: orNilIP(is.PublicIP), To: orNilIP(want.PublicIP)}}
}

func orNilIP(p *schema.PublicIP) any {
	if p == nil {
		return nil
	}
	return p
}

// rotations answers how many changes of the public address the files ask for.
func rotations(v *plan.View, target plan.Ref) int {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok || is.PublicIP == nil || want.PublicIP == nil {
		return 0
	}
	return want.PublicIP.Rotation - is.PublicIP.Rotation
}

func bandwidth(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok || is.PublicIP == nil || !asks(want) || instanceStatus(now(v, target)).PublicIP == nil {
		return nil
	}
	a, b := is.PublicIP.BandwidthMbps, want.PublicIP.BandwidthMbps
	return fields{}.any("spec.publicIP.bandwidthMbps", a, b, equal(a, b))
}

func subscription(v *plan.View, target plan.Ref) (s *schema.InstanceSpec, yes bool) {
	s = spec[*schema.InstanceSpec](now(v, target))
	return s, s != nil && s.Billing.Method == "subscription"
}

func classic(s *schema.InstanceSpec) bool { return s != nil && s.NetworkType == schema.NetworkClassic }

// releasePublicIPName answers the renewal downgrade of a subscription, and what
// the clouds call it otherwise.
func releasePublicIPName(v *plan.View, target plan.Ref) string {
	switch s := spec[*schema.InstanceSpec](now(v, target)); {
	case is(v, target, schema.AWS):
		return "ModifyNetworkInterfaceAttribute"
	case s != nil && s.Billing.Method == "subscription":
		return "ModifyPrepayInstanceSpec"
	}
	return "ModifyInstanceNetworkSpec"
}
