package guest

import "fmt"

// irqbalance wants the service as its Host declares it.
func (w *wanting) irqbalance() {
	is, _ := w.observed.Get(ServiceRef(IRQBalance)).(Service)
	want := Service{Name: IRQBalance, Systemd: is.Systemd, Load: is.Load, PID: is.PID}
	switch w.h.Spec.IRQBalance {
	case "enabled":
		want.Active, want.Enabled = true, true
	case "disabled":
	default:
		return
	}
	if is.Trouble != "" {
		w.block(w.host(), SetService, IRQBalance, RuleIRQBalance, "systemd does not say whether irqbalance runs: "+is.Trouble,
			"run enid as root, on a machine whose systemd answers")
		return
	}
	if want.Active && is.Active && !is.Systemd {
		w.advise(w.host(), RuleIRQBalance, fmt.Sprintf("irqbalance runs as process %d, and no systemd runs here: whether it is started at boot is not seen", is.PID))
	}
	w.World.Put(want.Ref(), want)
}

// balanced reports whether irqbalance runs, or is to.
func (w *wanting) balanced() bool {
	s, _ := w.observed.Get(ServiceRef(IRQBalance)).(Service)
	return w.h.Spec.IRQBalance == "enabled" || s.Active
}
