package main

import (
	"io"
	"testing"

	"enid/plan/render"
)

// FuzzSavedPlan: whatever stands in a saved plan, it is shown or refused.
func FuzzSavedPlan(f *testing.F) {
	f.Add([]byte(`{"format":"enid.plan/v1","steps":[{"id":"s1","target":"ENI/a","changes":[{"path":"spec.mtu","to":[1,{"a":null}]}],"deadline":"2026-01-03T00:00:00Z"}]}`))
	f.Add([]byte(`{"format":"enid.plan/v1","steps":[null],"host":{"steps":[null]},"hosts":[null],"recorded":[{"target":"ENI/a","was":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := (&savedPlan{Plan: text}).plan()
		if err != nil {
			return
		}
		_ = expired(p, p.AsOf)
		if err := render.Text(io.Discard, p, render.Options{Checks: true, Certificate: true}); err != nil {
			t.Error(err)
		}
	})
}
