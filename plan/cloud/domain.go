package cloud

import (
	"cmp"
	"fmt"
	"slices"

	"enid/plan"
	"enid/schema"
)

// domainRules are the rows of the catalogue that this file is about.
var domainRules = []schema.Rule{
	{ID: "plan.observe-only", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A fact that enid only observes is never changed, nor what would change it along the way done.",
		Source: "enid"},
}

var kindOrder = map[schema.Kind]int{
	schema.KindAccount: 0, schema.KindVPC: 1, schema.KindSubnet: 2, schema.KindSecurityGroup: 3,
	schema.KindPeering: 4, schema.KindVPCEndpoint: 5, schema.KindKeyPair: 6, schema.KindImage: 7,
	schema.KindInstance: 8, schema.KindClassicLink: 9, schema.KindENI: 10, schema.KindEIP: 11, schema.KindTrafficMirror: 12,
	schema.KindSnapshot: 13, schema.KindVolume: 14, schema.KindTargetGroup: 15,
	schema.KindHost: 16, schema.KindPolicy: 17, schema.KindApproval: 18,
}

// domain is made once: it holds no state.
var domain = plan.NewDomain(plan.Domain{
	Operations: slices.Concat(networkOperations, networkIPv6Operations, groupOperations, instanceOperations, []*plan.Operation{addressOperation}, powerOperations,
		publicIPOperations, []*plan.Operation{billingOperation}, rootVolumeOperations, eniOperations, attachOperations, secondaryOperations, eipOperations,
		targetGroupOperations, linkOperations, endpointOperations,
		volumeOperations, snapshotOperations, imageOperations, keyPairOperations),
	Prefix:   "s",
	Index:    index,
	Compare:  compare,
	Differs:  differs,
	Unserved: unserved,
	Spend:    spend,
	Variant:  func(v *plan.View, target plan.Ref) string { return string(provider(v, target)) },
	Pos:      pos,
})

// notObserved is the requirement of what enables operations on other objects:
// facts, which enid holds and does not manage, are never operated on.
var notObserved = plan.Requirement{Rule: ruleObserveOnly, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if r := now(v, target); r == nil || !r.Observed() {
		return plan.Skipped()
	}
	return plan.Fails("change it by other means", "%s is a fact that enid only observes", target)
}}

// Domain answers the operation table of the clouds.
func Domain() *plan.Domain { return domain }

// World answers the world of the resources.
func World(resources []*schema.Resource) *plan.World {
	w := plan.NewWorld(index, len(resources))
	for _, r := range resources {
		w.Put(r.Ref, r)
	}
	return w
}

// compare orders targets by kind, as things are built, then by name.
func compare(a, b plan.Ref) int {
	if a.Kind != b.Kind {
		return cmp.Compare(kindOrder[a.Kind], kindOrder[b.Kind])
	}
	return cmp.Compare(a.Name, b.Name)
}

// unserved answers why a difference stays: a MAC states what the cloud gave, and
// a fact stays one.
func unserved(ref plan.Ref, c plan.Change) plan.Block {
	switch c.Path {
	case "spec.mac":
	case pathObserveOnly:
		return plan.Block{Rule: ruleObserveOnly,
			Detail: fmt.Sprintf("%s is a fact in state, which enid only observes", ref),
			Remedy: "annotate the document likewise, or import the resource anew without the annotation (--replace)"}
	default:
		return plan.Unserved(ref, c)
	}
	return plan.Block{Rule: "eni.attributes",
		Detail: fmt.Sprintf("%s has MAC %v, and the files state %v", ref, c.From, c.To),
		Remedy: "state the MAC that the cloud gave"}
}

// spend marks an Approval as used.
func spend(w *plan.World, approval plan.Ref, by string) {
	r, ok := w.Get(approval).(*schema.Resource)
	if !ok {
		return
	}
	w.Put(approval, r.With(nil, &schema.ApprovalStatus{UsedBy: by}))
}

// pos answers where the files ask for the target, else where state last saw it.
func pos(v *plan.View, target plan.Ref) schema.Pos {
	if r, ok := v.Want.Get(target).(*schema.Resource); ok {
		return r.Pos
	}
	return schema.Pos{}
}

// Prepare answers observed with what the files add that is no operation: facts
// that are only observed, images that are only described, and the documents that
// decide about the plan itself (Account, Host, Approval). It is the world to plan
// from. Policies stay as they were applied: what state says counts beside what the
// files say.
func Prepare(observed, want *plan.World) *plan.World {
	w := observed.Fork()
	want.Each(func(ref plan.Ref, object plan.Object) {
		r := object.(*schema.Resource)
		was, _ := w.Get(ref).(*schema.Resource)
		switch {
		case r.Kind == schema.KindApproval:
			w.Put(ref, renewed(r, was))
		case r.Kind == schema.KindPolicy && was != nil:
		case !operated(r.Kind), (r.Observed() || described(r)) && was == nil:
			w.Put(ref, r)
		}
	})
	return w
}

// renewed answers an Approval of the files with what state says of its use; one
// that now asks for something else is a new one.
func renewed(r, was *schema.Resource) *schema.Resource {
	if was == nil || was.Status == nil {
		return r
	}
	a, b := r.Spec.(*schema.ApprovalSpec), was.Spec.(*schema.ApprovalSpec)
	if a.Operation != b.Operation || a.Target != b.Target {
		return r
	}
	return r.With(nil, was.Status)
}

// operated reports whether resources of the kind are changed by operations.
func operated(k schema.Kind) bool {
	switch k {
	case schema.KindAccount, schema.KindHost, schema.KindPolicy, schema.KindApproval:
		return false
	}
	return true
}
