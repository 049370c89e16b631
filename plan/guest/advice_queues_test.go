package guest

import (
	"slices"
	"testing"

	"enid/plan"
	"enid/schema"
)

// Each advice about queues and files, by a state that gives it and one that does not.
func TestWantAdvises(t *testing.T) {
	documented := schema.RPS{Mode: "documented"}
	for _, c := range []struct {
		rule   string
		given  bool
		change func(s *state, o *Objects)
	}{
		{RuleGain, true, func(*state, *Objects) {}},
		{RuleGain, false, func(_ *state, o *Objects) { every(o, func(c *Channels) { c.Combined = 4 }) }},
		{RuleGain, false, func(s *state, _ *Objects) { s.host.Queues = schema.Queues{Count: 2} }},
		{RuleIRQRecommended, true, func(s *state, _ *Objects) { s.host.Queues = schema.Queues{Count: 2} }},
		{RuleIRQRecommended, false, func(s *state, _ *Objects) { s.host.Queues = schema.Queues{Count: 1} }},
		{RuleIRQRecommended, false, func(s *state, _ *Objects) {
			s.host.Queues, s.host.IRQBalance = schema.Queues{Count: 2}, "enabled"
		}},
		{RuleRPSWhen, true, func(s *state, _ *Objects) { s.host.RPS = documented }},
		{RuleRPSWhen, false, func(s *state, _ *Objects) { s.host.RPS = schema.RPS{Mode: "off"} }},
		{RuleRPSWhen, false, func(s *state, o *Objects) {
			s.host.RPS = documented
			every(o, func(c *Channels) { c.Combined = 4 })
		}},
	} {
		s, o := exampleState(), exampleObjects()
		c.change(s, &o)
		w, err := Want(s.world(), "web-1", World(o))
		if err != nil {
			t.Fatal(err)
		}
		if given := slices.ContainsFunc(w.Advice, func(a plan.Advice) bool { return a.Rule == c.rule }); given != c.given {
			t.Errorf("%s is advised: %v, wanted %v; host %+v: %v", c.rule, given, c.given, s.host, w.Advice)
		}
	}
}

func every(o *Objects, change func(*Channels)) {
	for i := range o.Channels {
		change(&o.Channels[i])
	}
}
