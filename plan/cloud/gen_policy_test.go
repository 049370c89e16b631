package cloud

import (
	"fmt"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// decide adds to the files what people decided about the plan.
func (t *town) decide(at time.Time) {
	for _, r := range t.decided(at, false) {
		t.order = append(t.order, r.Ref)
		t.set[r.Ref] = r
	}
}

// decided draws Policies and Approvals, for the state or the files; the names
// are the same on both sides.
func (t *town) decided(at time.Time, state bool) (out []*schema.Resource) {
	all := &schema.PolicySpec{Downtime: "allow", AllowUnprotected: true}
	if t.chance(15) {
		all.Downtime = "deny"
	}
	out = append(out, &schema.Resource{Ref: plan.Ref{Kind: schema.KindPolicy, Name: "all"}, Spec: all})
	for i := range t.IntN(3) {
		p := *pick(t.dice, policyChoices)
		p.Selector.Labels = map[string]string{"tier": pick(t.dice, []string{"web", "db"})}
		out = append(out, &schema.Resource{Ref: plan.Ref{Kind: schema.KindPolicy, Name: fmt.Sprintf("p%d", i)}, Spec: &p})
	}
	percent := pick(t.dice, []int{0, 50, 95})
	for _, ref := range t.order {
		if operated(ref.Kind) && t.chance(percent) {
			out = append(out, t.approval(ref, at, state))
		}
	}
	return out
}

var policyChoices = []*schema.PolicySpec{
	{Downtime: "allow", AllowUnprotected: true},
	{Downtime: "deny", AllowUnprotected: true},
	{Downtime: "window", AllowUnprotected: true, Windows: []schema.Window{{Schedule: "0 1 * * *", Duration: schema.Duration{Duration: 3 * time.Hour}, TimeZone: "UTC"}}},
	{Downtime: "window", AllowUnprotected: true, Windows: []schema.Window{{Schedule: "0 22 * * *", Duration: schema.Duration{Duration: time.Hour}, TimeZone: "Asia/Tokyo"}}},
	{Downtime: "allow", AllowUnprotected: true, Prune: new(false)},
}

// approval answers the Approval for a target: what it says is decided by the
// target, so that state and files mostly mean the same one.
func (t *town) approval(target plan.Ref, at time.Time, state bool) *schema.Resource {
	words := []string{plan.ClassDelete, plan.ClassReplace, plan.ClassDelete, plan.ClassDataLoss, plan.ClassDelete, "DeleteNetworkInterface"}
	if target.Kind == schema.KindEIP {
		words = []string{plan.ClassIrreversible, "ConvertNatPublicIpToEip", plan.ClassDelete, plan.ClassIrreversible}
	}
	if slices.Contains(linkKinds, target.Kind) {
		words = []string{plan.ClassReplace, plan.ClassDelete}
	}
	n := 0
	for _, c := range target.Name {
		n += int(c)
	}
	spec := &schema.ApprovalSpec{Operation: words[n%len(words)], Target: target, Reason: "a test"}
	r := &schema.Resource{Ref: plan.Ref{Kind: schema.KindApproval, Name: string(target.Kind) + "-" + target.Name}, Spec: spec}
	if t.chance(15) {
		spec.ExpiresAt = schema.Time{Time: at.Add(pick(t.dice, []time.Duration{-time.Hour, 0, time.Hour}))}
	}
	if state && t.chance(15) {
		r.Status = &schema.ApprovalStatus{UsedBy: "7/s1"}
	}
	return r
}
