package query

import "enid/schema"

// ReachFormat is the format of an Answer in JSON. Fields are added, never
// renamed or removed, as long as it is the same.
const ReachFormat = "enid.reach/v1"

// Answer says whether one end reaches another, why, and what would change it.
type Answer struct {
	Format string `json:"format"` // enid.reach/v1
	From   End    `json:"from"`
	To     End    `json:"to"`
	// Asked is the traffic in question; nil: any at all.
	Asked     *Service `json:"asked,omitempty"`
	Reachable bool     `json:"reachable"`
	Rule      string   `json:"rule"`   // id of the rule that the answer follows from
	Reason    string   `json:"reason"` // one sentence
	// Open is the traffic that gets through between some pair of interfaces; never nil.
	Open []Service `json:"open"`
	// Path is the way from or to the internet, hop by hop; nil between instances.
	Path  []string `json:"path,omitempty"`
	Pairs []Pair   `json:"pairs"` // never nil
	// Bandwidth is nil where the cloud documents no shared ceiling.
	Bandwidth *Bandwidth `json:"bandwidth,omitempty"`
	Changes   []Change   `json:"changes"` // what to commit for the opposite answer; never nil
	Advice    []Advice   `json:"advice"`  // never nil
}

// End is one end of the question.
type End struct {
	Name       string      `json:"name"`              // Instance/NAME, or internet
	Network    string      `json:"network"`           // VPC/NAME, the classic network of REGION, the internet
	Account    string      `json:"account,omitempty"` // name
	Region     string      `json:"region,omitempty"`
	Interfaces []Interface `json:"interfaces"`
}

// Pair is what holds between two interfaces.
type Pair struct {
	From      Interface `json:"from"`
	To        Interface `json:"to"`
	Rule      string    `json:"rule"`
	Reason    string    `json:"reason"`
	Reachable bool      `json:"reachable"`
	Open      []Service `json:"open"` // as the rule counts it; never nil
	// There and Back are nil where the networks are not joined, Back also where
	// nothing needs to be open that way.
	There *Direction `json:"there,omitempty"`
	Back  *Direction `json:"back,omitempty"`

	way  way
	open services
}

// Direction is the traffic that connections made one way may carry.
type Direction struct {
	Open []Service `json:"open"` // never nil
	// DecidedBy are the rules that decide it, those of the receiving end first. No
	// two of one end decide the same traffic.
	DecidedBy []Decision `json:"decidedBy"`

	open            services
	ingress, egress []ruling
}

// Decision is a security rule, or a default, that decides on some traffic.
type Decision struct {
	Group     string `json:"group,omitempty"` // SecurityGroup/NAME; absent: by default
	Path      string `json:"path,omitempty"`  // spec.rules[0]
	Direction string `json:"direction"`       // ingress, egress
	Allows    bool   `json:"allows"`
	// Services are what it decides, of what was asked.
	Services []Service `json:"services"`
	Priority int       `json:"priority,omitempty"`
	Peer     string    `json:"peer,omitempty"`   // the rule's: a CIDR, or SecurityGroup/NAME
	Source   *Source   `json:"source,omitempty"` // absent: it comes from the state
}

// Source is a place in the files.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Change is something to commit.
type Change struct {
	Target string  `json:"target"`         // KIND/NAME; KIND alone for a document to add
	Path   string  `json:"path,omitempty"` // field
	Do     string  `json:"do"`
	Source *Source `json:"source,omitempty"`
}

// Bandwidth is the shared ceiling of the intranet. Document A 2.3.
type Bandwidth struct {
	// CeilingGbps is in Gbit/s; 0: not known, at most 10.
	CeilingGbps int    `json:"ceilingGbps,omitempty"`
	Detail      string `json:"detail"`
	Rule        string `json:"rule"`
}

// Advice is worth knowing beside the answer.
type Advice struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

// sourceOf answers where a field stands, nil for what comes from the state.
func sourceOf(r *schema.Resource, path string) *Source {
	if p := r.FieldPos(path); !p.IsZero() {
		return &Source{p.File, p.Line}
	}
	return nil
}
