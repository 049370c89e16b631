package cloud

import (
	"encoding/json"
	"slices"

	"enid/plan"
	"enid/schema"
)

// fields collects what differs between two specs, in the order asked.
type fields []plan.Change

func (f fields) str(path, is, want string) fields {
	if is == want {
		return f
	}
	return append(f, plan.Change{Path: path, From: orNil(is), To: orNil(want)})
}

func (f fields) any(path string, is, want any, same bool) fields {
	if same {
		return f
	}
	return append(f, plan.Change{Path: path, From: is, To: want})
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// specChanges answers every field of a spec that is made (from nil) or goes (to
// nil), sorted by path: what a create or a delete shows.
func specChanges(from, to *schema.Resource) []plan.Change {
	is, want := specFields(from), specFields(to)
	var paths []string
	for p := range is {
		paths = append(paths, p)
	}
	for p := range want {
		if _, ok := is[p]; !ok {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	out := make([]plan.Change, 0, len(paths))
	for _, p := range paths {
		out = append(out, plan.Change{Path: "spec." + p, From: is[p], To: want[p]})
	}
	return out
}

// specFields answers a spec's top-level fields as JSON values.
func specFields(r *schema.Resource) map[string]any {
	if r == nil {
		return nil
	}
	b, err := json.Marshal(r.Spec)
	if err != nil {
		return nil
	}
	var out map[string]any
	if json.Unmarshal(b, &out) != nil {
		return nil
	}
	return out
}
