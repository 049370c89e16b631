package guest

import (
	"fmt"

	"enid/plan"
)

// setService is one operation for running and starting at boot, as systemctl has
// `enable --now`: nobody asks for the one without the other.
var setService = operation(plan.Operation{
	ID: SetService, Kind: KindService, Action: plan.Update, Rank: rankService, Source: "A 5",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		s, _ := is[Service](v, ref)
		w, wanted := want[Service](v, ref)
		return wanted && (s.Active != w.Active || s.Enabled != w.Enabled)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return Service{}.Differs(v.Get(ref), v.Want.Get(ref))
	},
	Requires: []plan.Requirement{{Rule: RuleIRQBalance, Check: switchable}},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		s, _ := e.Get(ref).(Service)
		w := e.Want.Get(ref).(Service)
		s.Active, s.Enabled = w.Active, w.Enabled
		e.Put(ref, s)
	},
}, func(_ Machine, _, to plan.Object) string {
	verb := "disable"
	if to.(Service).Active {
		verb = "enable"
	}
	return fmt.Sprintf("systemctl %s --now %s", verb, to.(Service).Name)
})

// switchable: a service is switched by systemd, which has its unit. Whoever started
// a process without it has to end that process.
func switchable(v *plan.View, ref plan.Ref) plan.Verdict {
	s, _ := is[Service](v, ref)
	on := v.Want.Get(ref).(Service).Active
	switch {
	case s.PID != 0:
		return plan.Fails("end it, and take it out of what starts it", "%s runs as process %d, which systemd did not start", ref.Name, s.PID)
	case !on:
		return fine()
	case !s.Systemd:
		return plan.Fails(fmt.Sprintf("install the package %s where it is missing, and have it started by what starts services here", ref.Name),
			"%s does not run, and no systemd runs here that could start it", ref.Name)
	case s.Load == "masked":
		return plan.Fails("`systemctl unmask "+ref.Name+"`", "the unit %s.service is masked", ref.Name)
	case s.Load != "loaded":
		return plan.Fails("install the package "+ref.Name, "systemd has no unit %s.service (%s)", ref.Name, s.Load)
	}
	return fine()
}
