package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// CertificateFormat is the version of what a certificate is over, and of how that
// is written down.
const CertificateFormat = "enid.certificate/v1"

// certificatePrefix names the digest, as in sha256:<64 hexadecimal digits>.
const certificatePrefix = "sha256:"

// Recorded is what the state takes over from the files without a step: of one
// document, in its fields. A document that comes or goes has all of them changed.
type Recorded struct {
	Target Ref `json:"target"`
	// Was is the name that it had in the state, where it is renamed.
	Was     *Ref     `json:"was,omitempty"`
	Changes []Change `json:"changes"`
}

// certified is what a certificate says of a step. Not in it is what the same doing
// has more than one of: ids, and with them dependsOn; times, which let a saved plan
// expire; file and line; what checks found; the words of a block.
type certified struct {
	Operation    string   `json:"operation"`
	Target       Ref      `json:"target"`
	Item         string   `json:"item"`
	Action       Action   `json:"action"`
	PartOf       string   `json:"partOf"`
	Changes      []Change `json:"changes"`
	Irreversible bool     `json:"irreversible"`
	Downtime     bool     `json:"downtime"`
	DataLoss     bool     `json:"dataLoss"`
	Effects      []Effect `json:"effects"`
	BlockedBy    []string `json:"blockedBy"` // rules, in the step's order
	Spends       []Ref    `json:"spends"`
}

// Certify sets the plan's certificate: "sha256:" and the digest of its effects, the
// steps in their order with the values that they touch, and what is recorded without
// one. It is the same wherever the same would be done to the same values. A step that
// is blocked is in it as blocked: once it can run, that is another plan.
//
// Digested are lines of JSON without spaces, the keys of every value sorted: the
// format, then one object for each step, then one for each of Recorded. The kernel of
// a host is not in it: it follows from the topology and what is on the machine.
func (p *Plan) Certify() error {
	sum := sha256.New()
	write := json.NewEncoder(sum)
	write.SetEscapeHTML(false)
	lines := make([]any, 0, 1+len(p.Steps)+len(p.Recorded))
	lines = append(lines, map[string]any{"format": CertificateFormat})
	for _, s := range p.Steps {
		changes, err := canonical(s.Changes)
		if err != nil {
			return fmt.Errorf("certificate of %s %s: %w", s.Operation, s.Target, err)
		}
		c := certified{Operation: s.Operation, Target: s.Target, Item: s.Item, Action: s.Action, PartOf: s.PartOf, Changes: changes,
			Irreversible: s.Irreversible, Downtime: s.Downtime, DataLoss: s.DataLoss, Effects: placeless(s.Effects), Spends: s.Spends}
		for _, b := range s.BlockedBy {
			c.BlockedBy = append(c.BlockedBy, b.Rule)
		}
		lines = append(lines, map[string]any{"step": c})
	}
	for _, r := range p.Recorded {
		changes, err := canonical(r.Changes)
		if err != nil {
			return fmt.Errorf("certificate of %s: %w", r.Target, err)
		}
		lines = append(lines, map[string]any{"recorded": Recorded{r.Target, r.Was, changes}})
	}
	for _, line := range lines {
		if err := write.Encode(line); err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
	}
	p.Certificate = certificatePrefix + hex.EncodeToString(sum.Sum(nil))
	return nil
}

// placeless answers the effects without file and line, which the words about a broken
// cycle name: the steps themselves show the cycle. Nor is a device in them that a
// machine has told: a reviewer who has no state plans the same without it.
func placeless(effects []Effect) []Effect {
	out := slices.Clone(effects)
	for i := range out {
		if out[i].Rule == RuleCycle || out[i].Aside {
			out[i].Detail = ""
		}
	}
	return out
}

// canonical answers the changes with values that are written the same whatever Go
// type they come from.
func canonical(changes []Change) ([]Change, error) {
	out := make([]Change, len(changes))
	for i, c := range changes {
		from, err := plain(c.From)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
		to, err := plain(c.To)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
		out[i] = Change{c.Path, from, to}
	}
	return out, nil
}

func plain(v any) (out any, err error) {
	switch v.(type) {
	case nil, string, bool, int:
		return v, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	read := json.NewDecoder(bytes.NewReader(text))
	read.UseNumber()
	err = read.Decode(&out)
	return filled(out), err
}

// filled answers the value with nothing in place of what is empty: a list that was
// read from the store is empty where the one in memory is nil.
func filled(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = filled(v[i])
		}
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
		for key := range v {
			v[key] = filled(v[key])
		}
	}
	return v
}

// Idle reports whether the plan does and records nothing, so that there is nothing
// to review.
func (p *Plan) Idle() bool { return len(p.Steps)+len(p.Recorded) == 0 }

// ParseCertificate answers the certificate as Certify writes it, or an error that
// gives the form.
func ParseCertificate(text string) (string, error) {
	digits, ok := strings.CutPrefix(text, certificatePrefix)
	if raw, err := hex.DecodeString(digits); !ok || err != nil || len(raw) != sha256.Size || strings.ToLower(digits) != digits {
		return "", fmt.Errorf("%q is no certificate: give sha256: and 64 lower-case hexadecimal digits, as `enid plan --format json` has it", text)
	}
	return text, nil
}
