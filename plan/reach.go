package plan

import (
	"slices"
	"time"
)

// maxDepth bounds how far enablers are looked for, maxRounds how many one
// operation may need: an instance with all its ENIs attached needs one each.
const (
	maxDepth  = 6
	maxRounds = 64
)

// failure is a requirement that does not hold and cannot be made to.
type failure struct {
	call    Call
	rule    string
	code    string
	verdict Verdict
	of      []failure // why its enabler cannot run
}

// reacher looks for the operations that make an operation possible.
type reacher struct {
	d    *Domain
	held map[Call]Block
	// all gathers every failure; without it the first one is enough.
	all bool
	// blind leaves out what is only foresight.
	blind bool
}

// reach answers the operation to run first so that call can run in the end, and
// the world in which it then can; or why it cannot. Requirements are judged in
// the world that the enablers leave behind: nothing is stopped for a step that
// stays blocked, and what an enabler frees counts as free.
func (r reacher) reach(v *View, call Call, depth int) (first Call, ready *World, fails []failure) {
	if held, ok := r.held[call]; ok {
		return Call{}, nil, []failure{{call: call, rule: held.Rule, code: held.Code, verdict: Fails(held.Remedy, "%s", held.Detail)}}
	}
	world := v.now
	var vain map[Call][]failure
	for range maxRounds {
		enabler, fails := r.check(v.in(world), call, vain, depth)
		switch {
		case enabler == nil && len(fails) > 0:
			return Call{}, nil, fails
		case enabler == nil && first == (Call{}):
			return call, world, nil
		case enabler == nil:
			return first, world, nil
		}
		do := *enabler.verdict.Enabler
		f, w, of := r.reach(v.in(world), do, depth+1)
		if len(of) > 0 {
			enabler.of = of
			if !r.all {
				return Call{}, nil, []failure{*enabler}
			}
			if vain == nil {
				vain = map[Call][]failure{}
			}
			vain[do] = of
			continue
		}
		if first == (Call{}) {
			first = f
		}
		world = w.Fork()
		r.apply(v, world, do)
	}
	return Call{}, nil, []failure{{call: call, rule: RuleUnserved, verdict: Fails("report this as a defect", "%s needs more than %d enabling steps", call.Target, maxRounds)}}
}

// First answers the operation to run first so that call can run in the end: call
// itself or what enables it; false where it cannot be made to run.
func First(d *Domain, v *View, call Call) (first Call, ok bool) {
	first, _, fails := reacher{d: d}.reach(v, call, 0)
	return first, len(fails) == 0
}

// check answers the first failing requirement with an enabler that was not tried
// in vain; where there is none, all those that fail.
func (r reacher) check(v *View, call Call, vain map[Call][]failure, depth int) (enabler *failure, fails []failure) {
	op := r.d.Operation(call.Op)
	v = v.For(call.Item)
	for i := range op.Requires {
		req := &op.Requires[i]
		if r.blind && req.Foresight {
			continue
		}
		verdict := req.Check(v, call.Target)
		if verdict.Holds {
			continue
		}
		f := failure{call: call, rule: req.Rule, code: req.code(r.d, v, call.Target), verdict: verdict}
		if verdict.Enabler != nil {
			of, tried := vain[*verdict.Enabler]
			if !tried && depth < maxDepth {
				return &f, nil
			}
			f.of = of
		}
		fails = append(fails, f)
	}
	return nil, fails
}

func (r reacher) apply(v *View, world *World, call Call) {
	op := r.d.Operation(call.Op)
	op.Effect(&Effects{View: v.in(world).For(call.Item), world: world}, call.Target)
}

// blocks puts failures into words, each rule and detail once: the requirement
// itself, then why what would enable it cannot run.
func blocks(fails []failure) []Block {
	var out []Block
	for _, f := range fails {
		b := Block{Rule: f.rule, Code: f.code, Detail: f.verdict.Detail(), Remedy: f.verdict.Remedy}
		for _, b := range append([]Block{b}, blocks(f.of)...) {
			if !slices.Contains(out, b) {
				out = append(out, b)
			}
		}
	}
	return out
}

// waits answers the objects that failures wait for, their enablers' included.
func waits(fails []failure) (refs []Ref) {
	for _, f := range fails {
		refs = append(refs, f.verdict.WaitsFor...)
		refs = append(refs, waits(f.of)...)
	}
	slices.SortFunc(refs, Ref.Compare)
	return slices.Compact(refs)
}

// notBefore answers from when on the failures would not stand in the way, as far
// as they are a matter of time; zero where they are not.
func notBefore(fails []failure) (from time.Time) {
	for _, f := range fails {
		for _, t := range []time.Time{f.verdict.NotBefore, notBefore(f.of)} {
			if t.After(from) {
				from = t
			}
		}
	}
	return from
}
