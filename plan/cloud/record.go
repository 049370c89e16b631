package cloud

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"enid/plan"
	"enid/schema"
)

// Record answers what the state takes over from the files without an operation,
// once a revision was applied: documents about the plan itself, metadata, and
// fields that no cloud knows (`guest`). A resource that still differs keeps its
// spec as applied, and so does a Policy that still keeps something: applying the
// same files twice must not delete what the first time was kept. gone are the
// documents that left the files.
func Record(world, want *plan.World) (puts []*schema.Resource, gone []schema.Ref) {
	want.Each(func(ref plan.Ref, object plan.Object) {
		r, _ := world.Get(ref).(*schema.Resource)
		if next := recorded(world, want, r, object.(*schema.Resource)); next != nil && !keeping(world, want, r) {
			puts = append(puts, next)
		}
	})
	world.Each(func(ref plan.Ref, object plan.Object) {
		if r := object.(*schema.Resource); left(want, r) && !keeping(world, want, r) {
			gone = append(gone, ref)
		}
	})
	slices.SortFunc(puts, func(a, b *schema.Resource) int { return a.Ref.Compare(b.Ref) })
	slices.SortFunc(gone, schema.Ref.Compare)
	return puts, gone
}

// left reports whether r is a document that left the files and goes without an
// operation.
func left(want *plan.World, r *schema.Resource) bool {
	return want.Get(r.Ref) == nil && (!operated(r.Kind) || described(r))
}

// keeping reports whether r is a Policy of the state because of which something
// that left the files is still there.
func keeping(world, want *plan.World, r *schema.Resource) bool {
	if p := spec[*schema.PolicySpec](r); p == nil || p.Prune == nil || *p.Prune {
		return false
	}
	for _, ref := range world.Refs() {
		if old := world.Get(ref).(*schema.Resource); operated(ref.Kind) && want.Get(ref) == nil && !old.Observed() && selects(r, old) {
			return true
		}
	}
	return false
}

// recorded answers the resource as state should hold it, nil for no change.
func recorded(world, want *plan.World, r, w *schema.Resource) *schema.Resource {
	switch {
	case r == nil && operated(w.Kind) && !w.Observed() && !described(w):
		return nil // it is not there yet
	case r == nil:
		return w
	case r.Observed():
		return nil // a fact stays as it was imported
	case r.Kind == schema.KindApproval:
		return unlessSame(r, renewed(w, r))
	case !operated(r.Kind):
		return unlessSame(r, w)
	case sameDocument(r, w) && stated(world, w, r) == r.Status:
		return nil // whatever else differs: the cheaper question of the two
	}
	next := *r
	next.Labels, next.Annotations = w.Labels, w.Annotations
	if len(differs(world, want, r.Ref)) == 0 {
		next.Spec = w.Spec
		next.Status = stated(world, w, r)
	}
	return unlessSame(r, &next)
}

// unlessSame answers next, or nil where state holds the same already.
func unlessSame(r, next *schema.Resource) *schema.Resource {
	if maps.Equal(r.Labels, next.Labels) && maps.Equal(r.Annotations, next.Annotations) &&
		same(r.Spec, next.Spec) && same(r.Status, next.Status) {
		return nil
	}
	return next
}

// same compares two specs or statuses by what they hold.
func same(a, b any) bool { return a == b || reflect.DeepEqual(a, b) }

// stated answers r's status with what the files state about it: a MAC, and
// addresses that are no longer only predicted, since a person declares them; the very
// status where they state nothing new. Who takes a target group's traffic is spelled
// out before the files' targets take the place of those that it was read from.
func stated(world *plan.World, w, r *schema.Resource) schema.Status {
	switch want := w.Spec.(type) {
	case *schema.TargetGroupSpec:
		if r.Status == nil {
			return &schema.TargetGroupStatus{Registered: registered(lookup{world.Get}, r)}
		}
	case *schema.ENISpec:
		declared := func(field string) bool { return eniDeclares(want, field) }
		if s, ok := r.Status.(*schema.ENIStatus); ok && !news(want.MAC, s.MAC, s.Predicted, declared) {
			break
		}
		s := eniStatus(r)
		s.MAC, s.Predicted = cmp.Or(want.MAC, s.MAC), drop(s.Predicted, declared)
		return &s
	case *schema.InstanceSpec:
		declared := func(field string) bool { return instanceDeclares(want, field) }
		if s, ok := r.Status.(*schema.InstanceStatus); ok && !news(want.MAC, s.MAC, s.Predicted, declared) {
			break
		}
		s := instanceStatus(r)
		s.MAC, s.Predicted = cmp.Or(want.MAC, s.MAC), drop(s.Predicted, declared)
		return &s
	}
	return r.Status
}

// news reports whether a MAC, or fields that are declared, are not in a status yet.
func news(mac, known string, predicted []string, declared func(string) bool) bool {
	return mac != "" && mac != known || slices.ContainsFunc(predicted, declared)
}

// eniDeclares and instanceDeclares report whether the files declare a field that may
// be predicted.
func eniDeclares(want *schema.ENISpec, field string) bool {
	return field == "mac" && want.MAC != "" || field == "privateIP" && want.PrivateIP.IsValid() ||
		field == "secondaryIPs" && len(want.SecondaryIPs) > 0 || field == "prefixes" && len(want.Prefixes) > 0
}

func instanceDeclares(want *schema.InstanceSpec, field string) bool {
	return field == "mac" && want.MAC != "" || field == "privateIP" && want.PrivateIP.IsValid()
}
