package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"enid/schema"
)

// Action is what a step does, as plan JSON names it.
type Action string

// The actions of the contract (section 3).
const (
	Create     Action = "create"
	Update     Action = "update"
	Delete     Action = "delete"
	Attach     Action = "attach"
	Detach     Action = "detach"
	Bind       Action = "bind"
	Unbind     Action = "unbind"
	Convert    Action = "convert"
	Start      Action = "start"
	Stop       Action = "stop"
	Reboot     Action = "reboot"
	Register   Action = "register"
	Deregister Action = "deregister"
)

// Operation is one row of a Domain's table: all that enid knows about one
// operation of a cloud, or one verb of a host.
type Operation struct {
	// ID is enid's own name of the row, unique in the table: eni.attach.
	ID string
	// Name answers the cloud API's own name for the target.
	Name func(v *View, target Ref) string
	// Kind is the kind of the target.
	Kind   schema.Kind
	Action Action
	// Rank orders differences: the lowest that can be served is served first.
	// Why each stands where it stands is said beside the table.
	Rank int
	// Order orders targets within the rank, lowest first, before Domain.Compare;
	// nil: 0 for all. It must stay below 1,000; a negative one goes before what is
	// of lower ranks.
	Order func(v *View, target Ref) int
	// Items answers the parts of the target that the operation can be about, one at
	// a time, in the order in which they are tried: the instances of a target group.
	// The functions below find theirs in View.Item. Nil: it is about the whole
	// target, and Item is "".
	Items func(v *View, target Ref) []string
	// Gives reports whether world and want differ, at the target, in what this
	// operation serves. An operation that only enables others answers false.
	Gives func(v *View, target Ref) bool
	// Changes answers what the step changes, before its effect. Nil: nothing to show.
	Changes func(v *View, target Ref) []Change
	// Requires are the conditions for the step, in the catalogue's order.
	Requires []Requirement
	// Effect changes the world as the operation does, and notes what comes with it.
	Effect func(e *Effects, target Ref)
	// Nature says what the step cannot undo, stops or loses. Nil: nothing.
	Nature func(v *View, target Ref) Nature
	// Takes is how long the operation may take; 0: no time worth saying.
	Takes time.Duration
	// Source is document and section.
	Source string
}

// Nature is what a person must know of a step before it runs.
type Nature struct {
	Irreversible bool
	Downtime     bool
	DataLoss     bool
	PartOf       string // "replace"
}

// Requirement is a condition of an operation, tied to a rule of the catalogue.
type Requirement struct {
	// Rule is the rule's id; RuleDependsOn where the condition is that something
	// else was done first.
	Rule string
	// Code is the cloud's error code for the violation, by Domain.Variant; nil
	// where none is known.
	Code map[string]string
	// Check answers whether the condition holds for the target.
	Check func(v *View, target Ref) Verdict
	// Foresight: the cloud does not ask for it; the planner does, so that nothing
	// is taken apart that could not be put together again. Where a knot is untied
	// the whole way is tried out instead.
	Foresight bool
}

func (r *Requirement) code(d *Domain, v *View, target Ref) string {
	if r.Code == nil || d.Variant == nil {
		return ""
	}
	return r.Code[d.Variant(v, target)]
}

// The rules of the plan itself.
const (
	RuleDependsOn = "plan.depends-on-blocked"
	RuleCycle     = "plan.cycle"
	RuleUnserved  = "plan.unserved"
	RuleHeld      = "plan.held"
)

// Call is an operation on a target, or on a part of it.
type Call struct {
	Op     string // Operation.ID
	Target Ref
	Item   string // see Operation.Items
}

// calls answers the calls of an operation that serve a difference of the target.
func (op *Operation) calls(v *View, target Ref) (calls []Call) {
	if op.Gives == nil {
		return nil
	}
	items := []string{""}
	if op.Items != nil {
		items = op.Items(v, target)
	}
	for _, item := range items {
		if op.Gives(v.For(item), target) {
			calls = append(calls, Call{op.ID, target, item})
		}
	}
	return calls
}

// Verdict is the answer of a requirement.
type Verdict struct {
	// Skip: the rule does not concern the target (another cloud, another kind of network).
	Skip  bool
	Holds bool
	// Remedy says what a person can do, where the verdict does not hold.
	Remedy string
	// Enabler would make it hold; nil: no operation does by itself.
	Enabler *Call
	// Unknown: the world is presumed (World.Presume), and only the state could say
	// whether it holds. It counts as holding, and is told.
	Unknown bool
	// WaitsFor are the objects whose own differences, once served, may make it hold.
	WaitsFor []Ref
	// Spends is the Approval because of which it holds.
	Spends Ref
	// Deadline is until when it holds; NotBefore from when it would. Zero: always.
	Deadline, NotBefore time.Time

	format string
	args   []any
}

// Skipped is the verdict of a rule that does not concern the target.
func Skipped() Verdict { return Verdict{Skip: true, Holds: true} }

// Holds is a verdict that holds; the detail is what a person would want to know.
// It is put into words only where it is shown.
func Holds(format string, args ...any) Verdict {
	return Verdict{Holds: true, format: format, args: args}
}

// Fails is a verdict that does not hold: what was found, and what can be done.
func Fails(remedy, format string, args ...any) Verdict {
	return Verdict{Remedy: remedy, format: format, args: args}
}

// Unknown is a verdict that only the state could give: what is not known, and what
// would block the step.
func Unknown(format string, args ...any) Verdict {
	return Verdict{Holds: true, Unknown: true, format: format, args: args}
}

// Unsure answers a verdict that holds as one that only the state could give, with
// what it spends and until when.
func (r Verdict) Unsure(format string, args ...any) Verdict {
	u := Unknown(format, args...)
	u.Spends, u.Deadline = r.Spends, r.Deadline
	return u
}

// Enable answers the verdict with the operation that would make it hold.
func (r Verdict) Enable(op string, target Ref) Verdict {
	return r.EnableFor(op, target, "")
}

// EnableFor is Enable for a part of the target.
func (r Verdict) EnableFor(op string, target Ref, item string) Verdict {
	r.Enabler = &Call{op, target, item}
	return r
}

// Wait answers the verdict with the objects it waits for.
func (r Verdict) Wait(refs ...Ref) Verdict {
	r.WaitsFor = append(r.WaitsFor, refs...)
	return r
}

// Until answers the verdict with its deadline.
func (r Verdict) Until(t time.Time) Verdict {
	r.Deadline = t
	return r
}

// Detail puts the verdict into words.
func (r Verdict) Detail() string { return fmt.Sprintf(r.format, r.args...) }

// Effects is how an operation changes a world.
type Effects struct {
	*View
	world *World
	notes []Effect
	touch func(ref Ref, flips []threshold) // nil: nobody asks
}

// Put sets the object; nil deletes it.
func (e *Effects) Put(ref Ref, o Object) {
	flips := e.world.put(ref, o)
	if e.touch != nil {
		e.touch(ref, flips)
	}
}

// Note says what comes with the operation, under the rule that says so.
func (e *Effects) Note(rule, format string, args ...any) {
	e.notes = append(e.notes, Effect{Rule: rule, Detail: fmt.Sprintf(format, args...)})
}

// Aside is Note in words about what the operation does not touch.
func (e *Effects) Aside(rule, format string, args ...any) {
	e.notes = append(e.notes, Effect{Rule: rule, Detail: fmt.Sprintf(format, args...), Aside: true})
}

// Domain is a kind of world: its operations, its indexes, its goal.
type Domain struct {
	Operations []*Operation
	Index      Indexer
	// Compare orders targets of the same rank; it is where plans get their order.
	Compare func(a, b Ref) int
	// Differs is the full, naive comparison of one object with what is wanted, by
	// the paths that differ; it shares nothing with the operations' Gives. Either
	// may be nil. It is what plan.Check and the fallback for differences that no
	// operation serves are made of.
	Differs func(world, want *World, ref Ref) []Change
	// Unserved answers why no operation serves a difference; nil: the plan's own words.
	Unserved func(ref Ref, c Change) Block
	// Spend marks an Approval as used in the world.
	Spend func(w *World, approval Ref, by string)
	// Variant answers which of several clouds a target belongs to; nil: there is one.
	Variant func(v *View, target Ref) string
	// Pos answers where the files ask for what is done to the target; may be nil.
	Pos func(v *View, target Ref) schema.Pos
	// Prefix begins the ids of its steps, where plans of two domains stand side by
	// side: s, h.
	Prefix string

	byID   map[string]*Operation
	byKind map[schema.Kind][]*Operation
}

// NewDomain prepares the table for use: d's own slices are not changed.
func NewDomain(d Domain) *Domain {
	d.byID = map[string]*Operation{}
	d.byKind = map[schema.Kind][]*Operation{}
	for _, op := range d.Operations {
		d.byID[op.ID] = op
		d.byKind[op.Kind] = append(d.byKind[op.Kind], op)
	}
	for _, ops := range d.byKind {
		slices.SortStableFunc(ops, func(a, b *Operation) int { return cmp.Compare(a.Rank, b.Rank) })
	}
	return &d
}

// Operation answers the row of that ID, or nil.
func (d *Domain) Operation(id string) *Operation { return d.byID[id] }
