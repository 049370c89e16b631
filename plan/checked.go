package plan

import (
	"encoding/json"
	"fmt"
)

// Checked is a requirement of a step, as it was found.
type Checked struct {
	Rule   string
	Holds  bool
	Detail string
	// Unknown: only the state could say; Holds is true then, for nothing is blocked
	// on a guess.
	Unknown bool
}

// checkedJSON is Checked in plan JSON: holds is true, false or "unknown".
type checkedJSON struct {
	Rule   string `json:"rule"`
	Holds  any    `json:"holds"`
	Detail string `json:"detail"`
}

const unknown = "unknown"

// MarshalJSON writes the requirement as the contract has it.
func (c Checked) MarshalJSON() ([]byte, error) {
	j := checkedJSON{c.Rule, c.Holds, c.Detail}
	if c.Unknown {
		j.Holds = unknown
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads it back; anything but true, false and "unknown" is an error.
func (c *Checked) UnmarshalJSON(data []byte) error {
	var j checkedJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*c = Checked{Rule: j.Rule, Detail: j.Detail}
	switch holds := j.Holds.(type) {
	case bool:
		c.Holds = holds
	case string:
		c.Holds, c.Unknown = true, holds == unknown
	}
	if _, isBool := j.Holds.(bool); !isBool && !c.Unknown {
		return fmt.Errorf("holds is %v; true, false and %q are what it can be", j.Holds, unknown)
	}
	return nil
}
