package query

import (
	"reflect"

	"enid/schema"
)

// before and after are the sides of a comparison.
const (
	before = iota
	after
)

// comparison is two topologies side by side.
type comparison struct {
	sides   [2]*topology
	changed map[schema.Ref]bool // spec or status differ, or on one side only
}

func compare(old, new *schema.Topology) *comparison {
	c := &comparison{sides: [2]*topology{{Topology: old}, {Topology: new}}, changed: map[schema.Ref]bool{}}
	was, is := old.Resources(), new.Resources()
	for len(was) > 0 || len(is) > 0 {
		order := 0
		switch {
		case len(was) > 0 && len(is) > 0 && was[0] == is[0]:
		case len(was) == 0:
			order = 1
		case len(is) == 0:
			order = -1
		default:
			order = was[0].Compare(is[0].Ref)
		}
		switch {
		case order < 0:
			c.changed[was[0].Ref] = true
			was = was[1:]
		case order > 0:
			c.changed[is[0].Ref] = true
			is = is[1:]
		default:
			if !same(was[0], is[0]) {
				c.changed[is[0].Ref] = true
			}
			was, is = was[1:], is[1:]
		}
	}
	return c
}

func same(a, b *schema.Resource) bool {
	return a == b || (a.Spec == b.Spec || reflect.DeepEqual(a.Spec, b.Spec)) && (a.Status == b.Status || reflect.DeepEqual(a.Status, b.Status))
}

// any reports whether a resource of one of the kinds changed.
func (c *comparison) any(kinds ...schema.Kind) bool {
	for ref := range c.changed {
		for _, k := range kinds {
			if ref.Kind == k {
				return true
			}
		}
	}
	return false
}
