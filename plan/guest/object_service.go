package guest

import "enid/plan"

// Service is a program that runs all the time, as irqbalance does.
type Service struct {
	Name string
	// Systemd says that systemd runs here, and so whom to ask. Without it there is
	// nobody to ask, and enid itself starts and ends nothing.
	Systemd bool
	// Load is what systemd says of the unit: loaded, not-found, masked ...
	Load string
	// Active says that it runs now, Enabled that it is started at boot too. Without
	// systemd the second is not known, and said as the first.
	Active, Enabled bool
	// PID is a running process of that name which systemd did not start; 0: none.
	PID int
	// Trouble is why systemd did not answer; empty: it did.
	Trouble string
}

// IRQBalance is the name of the one service that a Host asks for.
const IRQBalance = "irqbalance"

// ServiceRef answers Service/NAME.
func ServiceRef(name string) plan.Ref { return plan.Ref{Kind: KindService, Name: name} }

// Ref answers Service/NAME.
func (s Service) Ref() plan.Ref { return ServiceRef(s.Name) }

// Interface answers none.
func (Service) Interface() string { return "" }

// Chain answers one of its own.
func (s Service) Chain() string { return s.Name }

// Differs compares whether the service runs, now and after a boot, where that is wanted.
func (Service) Differs(is, want plan.Object) (out []plan.Change) {
	a, _ := is.(Service)
	b, ask := want.(Service)
	if !ask {
		return nil
	}
	if a.Active != b.Active {
		out = append(out, plan.Change{Path: "active", From: a.Active, To: b.Active})
	}
	if a.Enabled != b.Enabled {
		out = append(out, plan.Change{Path: "enabled", From: a.Enabled, To: b.Enabled})
	}
	return out
}
