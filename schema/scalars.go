package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Time is an instant, kept in UTC, written in RFC 3339. The zero Time is not set.
type Time struct{ time.Time }

// MarshalJSON answers RFC 3339 in UTC.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format(time.RFC3339Nano))
}

// UnmarshalJSON reads RFC 3339.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%q is not an RFC 3339 time", s)
	}
	t.Time = v.UTC()
	return nil
}

// Duration is a length of time, written as Go writes it ("2h30m").
type Duration struct{ time.Duration }

// MarshalJSON answers Go's form.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads Go's form.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 2h30m", s)
	}
	d.Duration = v
	return nil
}

// Secret is a text that no output, log, error or state holds: only its SHA-256,
// as "sha256:" and 64 hex digits, ever leaves it.
type Secret string

const secretPrefix = "sha256:"

// Digest answers "sha256:…" of s, s itself where it is one already, "" for "".
func (s Secret) Digest() string {
	if hash, ok := strings.CutPrefix(string(s), secretPrefix); s == "" || ok && len(hash) == 2*sha256.Size {
		return string(s)
	}
	sum := sha256.Sum256([]byte(s))
	return secretPrefix + hex.EncodeToString(sum[:])
}

// String answers the digest.
func (s Secret) String() string { return s.Digest() }

// MarshalJSON answers the digest.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Digest()) }

// MarshalJSON answers the number or the word.
func (q Queues) MarshalJSON() ([]byte, error) {
	switch {
	case q.Auto:
		return json.Marshal("auto")
	case q.Unmanaged:
		return json.Marshal("unmanaged")
	}
	return json.Marshal(q.Count)
}

// UnmarshalJSON reads a number or a word.
func (q *Queues) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"auto"`:
		*q = Queues{Auto: true}
	case `"unmanaged"`:
		*q = Queues{Unmanaged: true}
	default:
		*q = Queues{}
		return json.Unmarshal(b, &q.Count)
	}
	return nil
}

// MarshalJSON answers the number or the word.
func (r RFS) MarshalJSON() ([]byte, error) {
	switch {
	case r.Off:
		return json.Marshal("off")
	case r.Unmanaged:
		return json.Marshal("unmanaged")
	}
	return json.Marshal(r.Entries)
}

// UnmarshalJSON reads a number or a word.
func (r *RFS) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"off"`:
		*r = RFS{Off: true}
	case `"unmanaged"`:
		*r = RFS{Unmanaged: true}
	default:
		*r = RFS{}
		return json.Unmarshal(b, &r.Entries)
	}
	return nil
}

// MarshalJSON answers the word, or {"mask": hex}.
func (r RPS) MarshalJSON() ([]byte, error) {
	if r.Mode == "mask" {
		return json.Marshal(map[string]string{"mask": r.Mask})
	}
	return json.Marshal(r.Mode)
}

// UnmarshalJSON reads a word, or {"mask": hex}.
func (r *RPS) UnmarshalJSON(b []byte) error {
	var mask struct{ Mask string }
	if len(b) > 0 && b[0] == '{' {
		if err := json.Unmarshal(b, &mask); err != nil {
			return err
		}
		*r = RPS{Mode: "mask", Mask: strings.TrimLeft(strings.ToLower(strings.ReplaceAll(mask.Mask, ",", "")), "0")}
		if r.Mask == "" {
			r.Mask = "0"
		}
		return nil
	}
	*r = RPS{}
	return json.Unmarshal(b, &r.Mode)
}
