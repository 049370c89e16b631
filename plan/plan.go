package plan

import (
	"slices"
	"time"

	"enid/schema"
)

// Format is the version of plan JSON (contract, section 3).
const Format = "enid.plan/v1"

// Plan is what would be done, in an order in which it can be done, and what
// cannot be done, with the reasons.
type Plan struct {
	Format   string    `json:"format"`
	AsOf     time.Time `json:"asOf"` // UTC
	Revision string    `json:"revision"`
	Base     Base      `json:"base"`
	Summary  Summary   `json:"summary"`
	// Certificate is the digest of the effects; see Certify.
	Certificate string `json:"certificate,omitempty"`
	// Steps holds the runnable steps first, then the blocked ones.
	Steps []*Step `json:"steps"`
	// Recorded is what the state takes over without a step, by target.
	Recorded []Recorded `json:"recorded,omitempty"`
	Advice   []Advice   `json:"advice"`
	Host     *Host      `json:"host,omitempty"`
	// Hosts are the kernel changes of several machines, by name; Host is one's.
	Hosts []*Host `json:"hosts,omitempty"`
}

// Base is the state that a plan was made from.
type Base struct {
	Lineage string `json:"lineage"` // UUID of the store; empty without one
	Serial  uint64 `json:"serial"`  // of the last applied revision
}

// Summary counts the steps of a plan.
type Summary struct {
	Create       int `json:"create"`
	Update       int `json:"update"`
	Replace      int `json:"replace"`
	Delete       int `json:"delete"`
	Power        int `json:"power"`
	Blocked      int `json:"blocked"`
	Irreversible int `json:"irreversible"`
	Downtime     int `json:"downtime"`
	DataLoss     int `json:"dataLoss"`
	Host         int `json:"host"`
	Advice       int `json:"advice"`
	// Granted counts the steps that run only because the change itself lets them.
	Granted int `json:"granted,omitempty"`
	// Unknown counts the steps of which only the state knows whether they can run.
	Unknown int `json:"unknown,omitempty"`
}

// Step is one operation on one target.
type Step struct {
	ID           string     `json:"id"`
	Operation    string     `json:"operation"`
	Target       Ref        `json:"target"`
	Action       Action     `json:"action"`
	PartOf       string     `json:"partOf,omitempty"`
	Changes      []Change   `json:"changes"`
	DependsOn    []string   `json:"dependsOn,omitempty"`
	Irreversible bool       `json:"irreversible"`
	Downtime     bool       `json:"downtime"`
	DataLoss     bool       `json:"dataLoss"`
	Effects      []Effect   `json:"effects,omitempty"`
	Deadline     *time.Time `json:"deadline,omitempty"`
	NotBefore    *time.Time `json:"notBefore,omitempty"`
	Checks       []Checked  `json:"checks,omitempty"`
	BlockedBy    []Block    `json:"blockedBy,omitempty"`
	// GrantedBy are the Policies and Approvals that the change itself adds or
	// widens, and without which the step would be blocked.
	GrantedBy []Ref   `json:"grantedBy,omitempty"`
	Source    *Source `json:"source,omitempty"`

	// Unties: it breaks a cycle; Serves is the difference of the cycle that it is
	// done for.
	Unties bool `json:"-"`
	// Item is the part of the target that the step is about; see Operation.Items.
	Item string `json:"-"`
	// Op is the row of the table; Serves is the difference that an enabling step
	// is done for.
	Op     *Operation `json:"-"`
	Serves *Call      `json:"-"`
	// Spends are the Approvals that the step uses up when it succeeds.
	Spends []Ref `json:"-"`
}

// Blocked reports whether the step cannot run.
func (s *Step) Blocked() bool { return len(s.BlockedBy) > 0 }

// Call answers the operation and what it is on.
func (s *Step) Call() Call { return Call{s.Op.ID, s.Target, s.Item} }

// Change is one field that a step changes. From and To are JSON-able; nil is
// "not there".
type Change struct {
	Path string `json:"path"`
	From any    `json:"from"`
	To   any    `json:"to"`
}

// Effect is something that comes with a step.
type Effect struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
	// Aside: the words name what the step does not touch, such as a device that only a
	// machine knows. A certificate has the rule of such an effect, not its words.
	Aside bool `json:"-"`
}

// Unknown reports whether only the state knows if the step can run.
func (s *Step) Unknown() bool {
	return slices.ContainsFunc(s.Checks, func(c Checked) bool { return c.Unknown })
}

// Block is why a step cannot run.
type Block struct {
	Rule   string `json:"rule"`
	Code   string `json:"code,omitempty"` // the cloud's error code, where known
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
}

// Source is the place in the files that asked for a step.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// Commit and Author are of the change that asked for it, where that is known.
	Commit string `json:"commit,omitempty"`
	Author string `json:"author,omitempty"`
}

// Advice is a warning; it stops nothing.
type Advice struct {
	Rule   string `json:"rule"`
	Target Ref    `json:"target"`
	Detail string `json:"detail"`
}

// Host is the host's part of a plan.
type Host struct {
	Name  string      `json:"name"`
	Steps []*HostStep `json:"steps"`
}

// HostStep is one change of a machine, with the command a person would type.
type HostStep struct {
	ID        string   `json:"id"`
	Operation string   `json:"operation"`
	Target    string   `json:"target"` // the interface
	Command   string   `json:"command"`
	Changes   []Change `json:"changes"`
	BlockedBy []Block  `json:"blockedBy"`
}

// source answers the place for JSON, nil for none.
func source(p schema.Pos) *Source {
	if p.IsZero() {
		return nil
	}
	return &Source{File: p.File, Line: p.Line}
}

// Runnable answers the steps that are not blocked.
func (p *Plan) Runnable() []*Step {
	for i, s := range p.Steps {
		if s.Blocked() {
			return p.Steps[:i:i]
		}
	}
	return p.Steps
}

// Count fills the summary from the steps, the advice and the host's part.
func (p *Plan) Count() {
	s := Summary{Advice: len(p.Advice)}
	replaced := map[Ref]bool{}
	for _, step := range p.Steps {
		s.add(step, replaced)
	}
	s.Replace = len(replaced)
	for _, host := range p.AllHosts() {
		s.Host += len(host.Steps)
		for _, h := range host.Steps {
			if len(h.BlockedBy) > 0 {
				s.Blocked++
			}
		}
	}
	p.Summary = s
}

// AllHosts answers the machines' parts, one or several.
func (p *Plan) AllHosts() []*Host {
	if p.Host != nil {
		return append([]*Host{p.Host}, p.Hosts...)
	}
	return p.Hosts
}

func (s *Summary) add(step *Step, replaced map[Ref]bool) {
	count := func(is bool, n *int) {
		if is {
			*n++
		}
	}
	count(step.Blocked(), &s.Blocked)
	count(step.Irreversible, &s.Irreversible)
	count(step.Downtime, &s.Downtime)
	count(step.DataLoss, &s.DataLoss)
	count(len(step.GrantedBy) > 0, &s.Granted)
	count(step.Unknown(), &s.Unknown)
	if step.PartOf == "replace" {
		replaced[step.Target] = true
		return
	}
	switch step.Action {
	case Create:
		s.Create++
	case Delete:
		s.Delete++
	case Start, Stop, Reboot:
		s.Power++
	default:
		s.Update++
	}
}
