package query

import (
	"fmt"
	"slices"
	"strings"

	"enid/schema"
	"enid/schema/tables"
)

// bandwidth answers the shared ceiling between two instances of Alibaba Cloud,
// nil elsewhere.
func bandwidth(a, b *machine) *Bandwidth {
	if a.cloud != schema.Alibaba || b.cloud != schema.Alibaba {
		return nil
	}
	var not, unknown []string
	for _, m := range []*machine{a, b} {
		switch optimized, known := m.ioOptimized(); {
		case !known:
			unknown = append(unknown, m.String())
		case !optimized:
			not = append(not, m.String())
		}
	}
	const shared = "shared with others, so that it fluctuates"
	out := &Bandwidth{Rule: ruleBandwidth}
	switch {
	case len(not) > 0:
		out.CeilingGbps = 1
		out.Detail = fmt.Sprintf("at most 1 Gbit/s, since %s not I/O optimized; %s", are(not), shared)
	case len(unknown) > 0:
		out.Detail = fmt.Sprintf("at most 10 Gbit/s, or 1 where either end is not I/O optimized, which is not known of %s; %s",
			strings.Join(unknown, " and "), shared)
	default:
		out.CeilingGbps = 10
		out.Detail = "at most 10 Gbit/s, since both are I/O optimized; " + shared
	}
	return out
}

func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, " and ") + " are"
}

// ioOptimized reports whether an instance is I/O optimized; types for which it is
// a choice are only where it is made.
func (m *machine) ioOptimized() (optimized, known bool) {
	if m.spec.IOOptimized != nil {
		return *m.spec.IOOptimized, true
	}
	row, found := tables.Lookup(string(m.cloud), m.spec.Type)
	if !found || row.IOOptimized == "" {
		return false, false
	}
	return row.IOOptimized == "yes", true
}

// advise adds what is worth knowing of the ends.
func (a *Answer) advise(ends ...*machine) {
	for _, m := range ends {
		if phase := m.phase(); phase != schema.PhaseRunning {
			a.Advice = append(a.Advice, Advice{"instance.lifecycle", fmt.Sprintf("%s is %s: it answers only while running", m, phase)})
		}
	}
	if len(ends) == 2 && ends[0].region == ends[1].region && ends[0].cloud == schema.Alibaba && ends[1].cloud == schema.Alibaba {
		a.Advice = append(a.Advice, Advice{ruleServices, fmt.Sprintf(
			"within %s use the intranet, also to RDS, SLB and OSS: by the private addresses %s and %s",
			ends[0].region, ends[0].addresses(), ends[1].addresses())})
	}
}

// phase answers the phase, as the spec implies it where none was observed.
func (m *machine) phase() schema.Phase {
	if s := statusOf[*schema.InstanceStatus](m.Resource); s != nil && s.Phase != "" {
		return s.Phase
	}
	if m.spec.Power == schema.PowerStopped {
		return schema.PhaseStopped
	}
	return schema.PhaseRunning
}

// addresses answers the known private addresses of an instance's interfaces.
func (m *machine) addresses() string {
	var known []string
	for _, i := range m.interfaces {
		if i.PrivateIP.IsValid() {
			known = append(known, i.PrivateIP.String())
		}
	}
	if len(known) == 0 {
		return "(not known yet) of " + m.String()
	}
	return fmt.Sprintf("%s of %s", strings.Join(slices.Compact(known), ", "), m)
}
