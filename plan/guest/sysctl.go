package guest

import (
	"fmt"

	"enid/plan"
	"enid/schema"
)

// Sysctl is a switch of one interface below net.ipv4.conf.
type Sysctl struct {
	Link, Key string // eth1, rp_filter
	Value     int
	// All is what net.ipv4.conf.all says. The kernel goes by the larger of the two,
	// and enid never writes it: it holds for interfaces that are none of enid's.
	All int
}

// Ref answers Sysctl/eth1 rp_filter.
func (s Sysctl) Ref() plan.Ref { return sysctlRef(s.Link, s.Key) }

func sysctlRef(link, key string) plan.Ref {
	return plan.Ref{Kind: KindSysctl, Name: link + " " + key}
}

// Interface answers the link.
func (s Sysctl) Interface() string { return s.Link }

// Chain answers that of the link's switches: addresses do not need them, so that
// a /proc/sys that cannot be written keeps no address back.
func (s Sysctl) Chain() string { return s.Link + " sysctls" }

// Differs compares the values where one is wanted.
func (Sysctl) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(Sysctl)
	b, ask := want.(Sysctl)
	if !have || !ask || a.Value == b.Value {
		return nil
	}
	return []plan.Change{{Path: b.Key, From: a.Value, To: b.Value}}
}

// Path answers the switch's file below /proc/sys.
func (s Sysctl) Path() string { return "net/ipv4/conf/" + s.Link + "/" + s.Key }

// Switches are what a Host may declare, in the order in which they are set: the
// field of spec.sysctls, the kernel's name, and what was declared.
var Switches = []struct {
	Field, Key string
	Declared   func(schema.Sysctls) *int // nil: left alone
}{
	{"arpIgnore", "arp_ignore", func(s schema.Sysctls) *int { return s.ARPIgnore }},
	{"arpAnnounce", "arp_announce", func(s schema.Sysctls) *int { return s.ARPAnnounce }},
	{"rpFilter", "rp_filter", func(s schema.Sysctls) *int { return s.RPFilter }},
}

// setSysctl comes before addresses, so that no ARP reply of theirs leaves by the
// wrong NIC meanwhile.
var setSysctl = operation(plan.Operation{
	ID: SetSysctl, Kind: KindSysctl, Action: plan.Update, Rank: rankSysctl, Source: "api Host.sysctls",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		s, ok := is[Sysctl](v, ref)
		w, wanted := want[Sysctl](v, ref)
		return ok && wanted && s.Value != w.Value
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		w := v.Want.Get(ref).(Sysctl)
		return w.Differs(v.Get(ref), w)
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		s := e.Get(ref).(Sysctl)
		s.Value = e.Want.Get(ref).(Sysctl).Value
		e.Put(ref, s)
	},
}, func(_ Machine, _, to plan.Object) string {
	s := to.(Sysctl)
	return fmt.Sprintf("echo %d > /proc/sys/%s", s.Value, s.Path())
})

// sysctls wants the switches that the Host declares, of one interface. What is not
// declared stays as it is.
func (w *wanting) sysctls(of schema.Ref, link string) {
	for _, x := range Switches {
		declared := x.Declared(w.h.Spec.Sysctls)
		if declared == nil {
			continue
		}
		s, ok := w.observed.Get(sysctlRef(link, x.Key)).(Sysctl)
		switch {
		case !ok:
			w.block(of, SetSysctl, link, RuleSysctl, fmt.Sprintf("%s: %d is declared, and /proc/sys/net/ipv4/conf/%s/%s cannot be read", x.Field, *declared, link, x.Key),
				"mount /proc with this network namespace in view, or leave "+x.Field+" out")
		case s.All > *declared:
			w.block(of, SetSysctl, link, RuleSysctl,
				fmt.Sprintf("%s: %d is declared, and net.ipv4.conf.all.%s is %d: the kernel goes by the larger of all's and the interface's", x.Field, *declared, x.Key, s.All),
				fmt.Sprintf("`sysctl -w net.ipv4.conf.all.%s=%d`, and the same in /etc/sysctl.d, or declare %d; enid never writes all or default", x.Key, *declared, s.All))
		default:
			s.Value = *declared
			w.World.Put(s.Ref(), s)
		}
	}
}

// declaresSysctls reports whether any switch is declared.
func declaresSysctls(s schema.Sysctls) bool { return s != schema.Sysctls{} }
