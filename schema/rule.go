package schema

// Class says what a rule does to a plan.
type Class string

// The classes of rules.
const (
	ClassInvalid      Class = "invalid"      // wrong by the files alone
	ClassPrecondition Class = "precondition" // must hold where the step runs
	ClassLimit        Class = "limit"        // a precondition that counts
	ClassIrreversible Class = "irreversible" // runs only with an Approval that names it
	ClassReplace      Class = "replace"      // served by deleting and creating anew
	ClassEffect       Class = "effect"       // what an operation also changes
	ClassPolicy       Class = "policy"       // what people decided in the files
	ClassAdvice       Class = "advice"       // a warning; never stops a plan
	ClassHost         Class = "host"         // of the local host's convergence
	ClassQuery        Class = "query"        // answered by a command
)

// Rule is one documented behaviour of the catalogue.
type Rule struct {
	ID    string `json:"id"`
	Class Class  `json:"class"`
	Cloud string `json:"cloud"` // alibaba, aws or any
	// Text is the rule itself, one sentence or two.
	Text string `json:"rule"`
	// Source is document and section: "A 4.2"; "public" where only the clouds'
	// public documentation states it.
	Source string `json:"source"`
	// Code is the cloud's own error code, where known.
	Code string `json:"code,omitempty"`
	// Note says where sources are dated, damaged or contradict each other.
	Note string `json:"note,omitempty"`
}
