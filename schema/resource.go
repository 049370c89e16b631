package schema

// APIVersion is the only apiVersion that this enid reads.
const APIVersion = "enid/v1"

// ObserveOnly is the annotation of a fact that enid holds and never changes.
const ObserveOnly = "enid/observe-only"

// Resource is one document. It is immutable once loaded: a change is a new
// Resource, made with With, so that worlds can share it.
type Resource struct {
	Ref
	Labels      map[string]string
	Annotations map[string]string
	// Spec is a pointer to the kind's spec type (*ENISpec for KindENI), with
	// defaults filled in. Never nil.
	Spec Spec
	// Status is a pointer to the kind's status type (*ENIStatus), or nil where
	// nothing was observed: always so in topologies, facts excepted.
	Status Status
	// Pos is where the document begins; zero for what comes from state.
	Pos Pos
	// At holds the positions of the document's fields by their path
	// (`spec.attachTo.instance`, `spec.secondaryIPs[2]`); nil for what comes
	// from state.
	At FieldPositions
}

// Spec is what is asked for of one kind.
type Spec interface {
	// Kind is the kind that this spec belongs to.
	Kind() Kind
	// References answers the references that are set, in field order.
	References() []FieldRef
}

// Status is what was observed of one kind.
type Status interface {
	// Common answers the fields that every kind has; never nil.
	Common() *CommonStatus
}

// FieldRef is a reference and the field that holds it.
type FieldRef struct {
	Path string // spec.attachTo.instance
	Ref  Ref
}

// FieldPositions answers where a field stands.
type FieldPositions interface {
	// Pos answers the place of the field, or of its nearest parent that is written.
	Pos(path string) Pos
	// Last answers the last line on which something of the field begins.
	Last(path string) int
}

// With answers a copy of r with spec and status replaced; nil leaves them.
func (r *Resource) With(spec Spec, status Status) *Resource {
	c := *r
	if spec != nil {
		c.Spec = spec
	}
	if status != nil {
		c.Status = status
	}
	return &c
}

// Observed reports whether r is a fact that enid never changes.
func (r *Resource) Observed() bool { return r.Annotations[ObserveOnly] == "true" }

// FieldPos answers the place of a field, or of the document.
func (r *Resource) FieldPos(path string) Pos {
	if r.At == nil {
		return r.Pos
	}
	return r.At.Pos(path)
}

// FieldLines answers the first line of a field, or of the document, and the last on
// which something of it begins.
func (r *Resource) FieldLines(path string) (first, last int) {
	if r.At == nil {
		return r.Pos.Line, r.Pos.Line
	}
	return r.At.Pos(path).Line, r.At.Last(path)
}
