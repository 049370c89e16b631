package render

import "enid/plan"

// recorded lists what the state takes over from the files without a step.
func (t *text) recorded(all []plan.Recorded) {
	if len(all) == 0 {
		return
	}
	t.line(0)
	t.line(0, t.o.paint(bold, "Recorded without a step"))
	for _, r := range all {
		was := ""
		if r.Was != nil {
			was = t.o.paint(faint, ", was "+Inert(r.Was.String()))
		}
		t.line(2, t.o.paint(yellow, "~ "), Inert(r.Target.String()), was)
		for _, c := range r.Changes {
			t.change(6, plan.Update, plan.Change{Path: Inert(c.Path), From: c.From, To: c.To})
		}
	}
}
