package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// statusReferences are implemented by statuses that name other resources.
type statusReferences interface {
	statusReferences() []FieldRef
}

func (s *ENIStatus) statusReferences() []FieldRef {
	var r refs
	r.add("status.instance", KindInstance, s.Instance)
	return r
}

func (s *EIPStatus) statusReferences() []FieldRef {
	var r refs
	if s.BoundTo != nil {
		r.add("status.boundTo.instance", KindInstance, s.BoundTo.Instance)
		r.add("status.boundTo.eni", KindENI, s.BoundTo.ENI)
	}
	r.add("status.convertedFrom", KindInstance, s.ConvertedFrom)
	return r
}

func (s *TargetGroupStatus) statusReferences() []FieldRef {
	var r refs
	r.all("status.registered", KindInstance, s.Registered)
	return r
}

func (s *VPCEndpointStatus) statusReferences() []FieldRef {
	var r refs
	for i, a := range s.Addresses {
		r.add(indexed("status.addresses", i, "subnet"), KindSubnet, a.Subnet)
	}
	return r
}

func (s *VolumeStatus) statusReferences() []FieldRef {
	var r refs
	for i, a := range s.AttachedTo {
		r.add(indexed("status.attachedTo", i, "instance"), KindInstance, a.Instance)
	}
	return r
}

// IsName reports whether a resource can be called s: a DNS label.
func IsName(s string) bool { return isName(s) }

// AllReferences answers every field of r by which it names another resource: the
// spec's references, an image that may be a cloud's own, and what its status says.
func AllReferences(r *Resource) []FieldRef {
	fields := r.Spec.References()
	if s, ok := r.Spec.(*InstanceSpec); ok {
		fields = append(fields, FieldRef{"spec.image", Ref{KindImage, s.Image}})
	}
	if s, ok := r.Status.(statusReferences); ok {
		fields = append(fields, s.statusReferences()...)
	}
	return fields
}

// Renamed answers r with its name, and every name by which it refers to others,
// as to answers it for the old one; an Approval follows its target. It answers r
// itself where nothing of that changes, else a copy. The error is a defect: a
// reference whose path leads nowhere in the document.
func Renamed(r *Resource, to func(Ref) Ref) (*Resource, error) {
	changed := map[string]string{}
	for _, f := range AllReferences(r) {
		if now := to(f.Ref); now != f.Ref {
			changed[f.Path] = now.Name
		}
	}
	if s, ok := r.Spec.(*ApprovalSpec); ok {
		if now := to(s.Target); now != s.Target {
			changed["spec.target"] = now.String()
		}
	}
	name := to(r.Ref)
	if len(changed) == 0 {
		if name == r.Ref {
			return r, nil
		}
		c := *r
		c.Ref = name
		return &c, nil
	}
	c, err := rewritten(r, changed)
	if err != nil {
		return nil, fmt.Errorf("rename in %s: %w", r.Ref, err)
	}
	c.Ref, c.Pos, c.At = name, r.Pos, r.At
	return c, nil
}

// rewritten answers r with the texts at some paths replaced.
func rewritten(r *Resource, texts map[string]string) (*Resource, error) {
	doc, err := Encode(r)
	if err != nil {
		return nil, err
	}
	numbers := json.NewDecoder(bytes.NewReader(doc))
	numbers.UseNumber()
	var tree any
	if err := numbers.Decode(&tree); err != nil {
		return nil, err
	}
	for path, text := range texts {
		if err := replaceText(tree, path, text); err != nil {
			return nil, err
		}
	}
	if doc, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	return Decode(doc)
}

// replaceText replaces the text at a path such as spec.attachTo[2].instance.
func replaceText(tree any, path, text string) error {
	steps := strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
	for i, step := range steps {
		last := i == len(steps)-1
		switch at := tree.(type) {
		case map[string]any:
			if _, is := at[step].(string); last && is {
				at[step] = text
				return nil
			}
			tree = at[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(at) {
				return fmt.Errorf("%s leads nowhere", path)
			}
			if last {
				at[n] = text
				return nil
			}
			tree = at[n]
		}
	}
	return fmt.Errorf("%s leads nowhere", path)
}
