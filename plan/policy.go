package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"enid/schema"
)

// The rules of policies and approvals.
const (
	RuleIrreversible = "policy.irreversible"
	RuleDataLoss     = "policy.data-loss"
	RuleReplace      = "policy.replace"
	RuleDowntime     = "policy.downtime"
	RuleWindow       = "policy.window"
	RulePrune        = "policy.prune"
)

// The classes of operations that an Approval may name instead of an operation.
const (
	ClassIrreversible = "irreversible"
	ClassDataLoss     = "data-loss"
	ClassReplace      = "replace"
	ClassDelete       = "delete"
)

// Downtime answers whether the policies that select a resource allow it to stop
// at the given time, and the rule that decides: all of them must, the strictest
// wins (deny, then windows), and without any the answer is no. The verdict's
// deadline is when the first of the open windows closes, its NotBefore when the
// last of the closed ones opens.
func Downtime(policies []*schema.Resource, at time.Time) (rule string, v Verdict) {
	if len(policies) == 0 {
		return RuleDowntime, Fails("declare a Policy with downtime: allow, or a window, that selects it",
			"no Policy allows downtime")
	}
	var windows []*schema.Resource
	for _, p := range policies {
		switch p.Spec.(*schema.PolicySpec).Downtime {
		case "allow":
		case "window":
			windows = append(windows, p)
		default:
			return RuleDowntime, Fails("set downtime: allow, or a window, in that Policy", "%s denies downtime", p.Ref)
		}
	}
	if len(windows) == 0 {
		return RuleDowntime, Holds("downtime is allowed by %s", policies[0].Ref)
	}
	return RuleWindow, inWindows(windows, at)
}

// inWindows answers whether a window of each of the policies is open.
func inWindows(policies []*schema.Resource, at time.Time) (open Verdict) {
	var closed Verdict
	for _, p := range policies {
		until, next := window(p.Spec.(*schema.PolicySpec).Windows, at)
		switch {
		case !until.IsZero() && (open.Deadline.IsZero() || until.Before(open.Deadline)):
			open = Holds("the window of %s is open until %s", p.Ref, stamp(until)).Until(until)
		case until.IsZero() && (closed.format == "" || later(next, closed.NotBefore)):
			closed = Fails("wait for the window, or widen it", "%s allows downtime in its windows only; the next opens at %s", p.Ref, stamp(next))
			closed.NotBefore = next
		}
	}
	if closed.format != "" {
		return closed
	}
	return open
}

// later reports whether a comes after b; the zero time is never.
func later(a, b time.Time) bool {
	return !b.IsZero() && (a.IsZero() || a.After(b))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "no time that can be foreseen"
	}
	return t.UTC().Format(time.RFC3339)
}

// window answers when the windows that are open at the given time close (the
// latest of them), zero where none is open, and when the next one opens.
func window(windows []schema.Window, at time.Time) (until, next time.Time) {
	for _, w := range windows {
		schedule, err := cron.ParseStandard(w.Schedule)
		if err != nil {
			continue // validation reports it; a window that cannot be read opens never
		}
		zone, err := time.LoadLocation(w.TimeZone)
		if err != nil {
			continue
		}
		local := at.In(zone)
		if begin := lastBegin(schedule, local, w.Duration.Duration); !begin.IsZero() {
			if end := begin.Add(w.Duration.Duration); end.After(until) {
				until = end
			}
		}
		if begin := schedule.Next(local); !begin.IsZero() && (next.IsZero() || begin.Before(next)) {
			next = begin
		}
	}
	return until, next
}

// lastBegin answers the latest begin b with b <= at < b+length, zero for none.
func lastBegin(s cron.Schedule, at time.Time, length time.Duration) (begin time.Time) {
	for b := s.Next(at.Add(-length)); !b.IsZero() && !b.After(at); b = s.Next(b) {
		begin = b
	}
	return begin
}

// Approval is what a step needs approved: the policy's rule, and the words that
// approve it.
type Approval struct {
	Rule  string
	Words []string // operation name or classes, any of which is enough
}

// Approved answers whether one of the approvals, all for the step's target,
// covers the need and is neither spent nor expired. Spent are those whose status
// in the world says so.
func (a Approval) Approved(approvals []*schema.Resource, target Ref, at time.Time) Verdict {
	word := a.Words[len(a.Words)-1]
	if a.Rule == RuleIrreversible {
		word = a.Words[0] // no wider than it has to be
	}
	remedy := fmt.Sprintf("declare an Approval with operation %s for target %s", word, target)
	why := Fails(remedy, "no Approval covers it")
	for _, r := range approvals {
		spec := r.Spec.(*schema.ApprovalSpec)
		if !slices.Contains(a.Words, spec.Operation) {
			continue
		}
		status, _ := r.Status.(*schema.ApprovalStatus)
		switch {
		case status != nil && status.UsedBy != "":
			why = Fails(remedy+" under another name", "%s was used by %s", r.Ref, status.UsedBy)
		case !spec.ExpiresAt.IsZero() && !at.Before(spec.ExpiresAt.Time):
			why = Fails(remedy+", or a later expiresAt", "%s expired at %s", r.Ref, stamp(spec.ExpiresAt.Time))
		default:
			v := Holds("approved by %s: %s", r.Ref, spec.Reason)
			v.Spends = r.Ref
			if !spec.ExpiresAt.IsZero() {
				v = v.Until(spec.ExpiresAt.Time)
			}
			return v
		}
	}
	return why
}
