package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"enid/plan"
	"enid/schema"
)

// The cases are what the stories of the tests (plan/cloud/testdata, schema/testdata)
// show of rules and operations when they are planned and validated: remedies,
// details and effects are put into words where they arise, so an example of each
// is recorded and shown, and not written down a second time. `make docs` records
// them; a test compares.
//
//go:embed cases.json
var casesFile []byte

// cases are the examples of rules and operations.
type cases struct {
	// Rules holds, by rule, what was said when it blocked, advised or was an effect.
	Rules map[string][]ruleCase `json:"rules"`
	// Enablers holds, by rule, the rows of steps that were planned to make it hold.
	Enablers map[string][]string `json:"enablers"`
	// Operations holds, by the operation's row, what its steps did.
	Operations map[string]operationCase `json:"operations"`
}

// ruleCase is one thing that was said under a rule.
type ruleCase struct {
	// Operation is the row whose step was blocked or had the effect; empty for
	// findings and advice.
	Operation string     `json:"operation,omitempty"`
	Target    schema.Ref `json:"target,omitzero"`
	Detail    string     `json:"detail"`
	Remedy    string     `json:"remedy,omitempty"`
	// Code is the cloud's error code that the block named.
	Code string `json:"code,omitempty"`
}

// operationCase is what the steps of one row did in the stories, each list sorted.
type operationCase struct {
	Names   []string `json:"names"`             // the cloud's names of the steps
	Changes []string `json:"changes,omitempty"` // the paths they changed
	Effects []string `json:"effects,omitempty"` // the rules of what came with them
	Nature  []string `json:"nature,omitempty"`  // irreversible, downtime, data loss, part of replace
	// EnabledBy are the rows of steps that were planned so that these could run.
	EnabledBy []string `json:"enabledBy,omitempty"`
}

var readCases = sync.OnceValues(func() (c cases, err error) {
	if err = json.Unmarshal(casesFile, &c); err != nil {
		err = fmt.Errorf("cases.json: %w", err)
	}
	return c, err
})

// nature answers what of a step a person must know before it runs.
func nature(s *plan.Step) (words []string) {
	for _, mark := range []struct {
		is   bool
		word string
	}{{s.Irreversible, "irreversible"}, {s.Downtime, "downtime"}, {s.DataLoss, "data loss"}, {s.PartOf != "", "part of " + s.PartOf}} {
		if mark.is {
			words = append(words, mark.word)
		}
	}
	return words
}
