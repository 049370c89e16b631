package schema

import "strings"

// Finding is something wrong in the files, or advised.
type Finding struct {
	Pos Pos
	Ref Ref // zero where no resource is known
	// Path is the field's, from the document's root (spec.privateIP); may be empty.
	Path string
	// Message says what is wrong; it never quotes a secret-like value.
	Message string
	// Allowed says what is allowed; may be empty.
	Allowed string
	// Rule is the id of the catalogue's rule that is broken; may be empty.
	Rule string
	// Advice is true where the finding stops nothing.
	Advice bool
}

// String answers FILE:LINE:COL: KIND/NAME: field.path: what is wrong; what is
// allowed [rule.id], leaving out what is not known.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Pos.String())
	if !f.Ref.IsZero() {
		b.WriteString(": " + f.Ref.String())
	}
	if f.Path != "" {
		b.WriteString(": " + f.Path)
	}
	b.WriteString(": " + f.Message)
	if f.Allowed != "" {
		b.WriteString("; " + f.Allowed)
	}
	if f.Rule != "" {
		b.WriteString(" [" + f.Rule + "]")
	}
	return b.String()
}
