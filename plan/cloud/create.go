package cloud

import (
	"enid/plan"
	"enid/schema"
)

// bare answers what a create makes of a wanted spec. What has steps of its own
// comes later: rules, reservations, attachments, secondary addresses, bindings.
func bare(s schema.Spec) schema.Spec {
	switch s := s.(type) {
	case *schema.SubnetSpec:
		c := *s
		c.Reservations = nil
		return &c
	case *schema.SecurityGroupSpec:
		c := *s
		c.Rules = nil
		return &c
	case *schema.ENISpec:
		c := *s
		c.AttachTo, c.SecondaryIPs, c.Prefixes, c.SecondaryIPCount, c.PrefixCount = nil, nil, nil, 0, 0
		return &c
	case *schema.VolumeSpec:
		c := *s
		c.AttachTo = nil
		return &c
	case *schema.ImageSpec:
		c := *s
		c.ShareWith = nil
		return &c
	case *schema.TargetGroupSpec:
		c := *s
		c.Targets = nil
		return &c
	case *schema.EIPSpec:
		c := *s
		c.BindTo, c.ConvertFrom = nil, nil
		return &c
	}
	return s
}

// createWith puts what a create makes of what is wanted.
func createWith(e *plan.Effects, target plan.Ref, status schema.Status) {
	w := wanted(e.View, target)
	e.Put(target, w.With(bare(w.Spec), status))
}

// createPlain is createWith for what has no status of its own.
func createPlain(e *plan.Effects, target plan.Ref) { createWith(e, target, nil) }

// createChanges answers what a create changes: the fixed fields where it
// replaces, else everything that it makes.
func createChanges(fixed func(v *plan.View, target plan.Ref) []plan.Change) func(*plan.View, plan.Ref) []plan.Change {
	return func(v *plan.View, target plan.Ref) []plan.Change {
		if c := fixed(v, target); len(c) > 0 {
			return c
		}
		w := wanted(v, target)
		return specChanges(nil, w.With(bare(w.Spec), nil))
	}
}
