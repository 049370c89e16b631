package doctor

import (
	"cmp"
	"slices"

	"enid/schema"
)

// Severity is how much a finding matters.
type Severity string

// The severities, worst first.
const (
	// Error: what is declared cannot come about, or is taken apart again.
	Error Severity = "error"
	// Warning: it can be, or traffic goes astray.
	Warning Severity = "warning"
	// Info: good to know; nothing has to be done.
	Info Severity = "info"
)

var severities = []Severity{Error, Warning, Info}

// Finding is one thing that was found.
type Finding struct {
	Check    string   `json:"check"` // the row's name: networkd.foreign
	Severity Severity `json:"severity"`
	// Program is who it is about; empty: no program.
	Program string `json:"program,omitempty"`
	// Interface is where; empty: the whole machine.
	Interface string `json:"interface,omitempty"`
	// Seen is the evidence: FILE:LINE: text, a process with its pid, a switch with
	// its value. It is other people's text.
	Seen []string `json:"seen"`
	Why  string   `json:"why"` // what it does to enid's objects or to traffic
	// Remedy is the drop-in, setting or command that ends it, a line each.
	Remedy []string `json:"remedy"`
	// removes are the kinds of enid's objects that the program removes.
	removes []schema.Kind
}

// Check is a row of the table.
type Check struct {
	Name string
	// Finds says in a sentence what it finds.
	Finds string
	// Files are read for it: patterns as of path.Match, from the root.
	Files []string
	// Processes are looked for: names as the kernel keeps them, 15 bytes at most.
	Processes []string
	// Sysctls are read for it: numbers below /proc/sys/net, * for each NIC that
	// matters, all and default.
	Sysctls []string
	Judge   func(*Seen) []Finding
}

// Checks is the table, in the order in which findings of one severity are told.
func Checks() []Check {
	return slices.Concat(enidChecks, nicChecks, networkdChecks, networkManagerChecks, bootChecks, dhcpChecks, cniChecks, numberChecks, kernelChecks, programChecks)
}

// Examine answers what the checks find, the worst first.
func Examine(s *Seen) []Finding {
	out := []Finding{}
	for _, c := range Checks() {
		for _, f := range c.Judge(s) {
			f.Check = c.Name
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity))
	})
	return out
}

// Suspects answers the programs found that remove objects of that kind, each once.
func Suspects(findings []Finding, kind schema.Kind) (out []string) {
	for _, f := range findings {
		if slices.Contains(f.removes, kind) && !slices.Contains(out, f.Program) {
			out = append(out, f.Program)
		}
	}
	return out
}

// Report is what the doctor says of a machine.
type Report struct {
	Format   string    `json:"format"`
	Host     string    `json:"host,omitempty"`
	Findings []Finding `json:"findings"`
}

// Format is the version of Report.
const Format = "enid.doctor/v1"

// Calm reports whether nothing has to be done.
func (r *Report) Calm() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity != Info })
}
