package cloud

import (
	"fmt"
	"testing"

	"enid/plan"
	"enid/schema"
)

// BenchmarkKnots: every two ENIs change places, so that each pair is a cycle.
func BenchmarkKnots(b *testing.B) {
	for _, pairs := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(pairs), func(b *testing.B) {
			state := benchApplied(b, benchFiles(2*pairs+2*pairs/40+300))
			var enis []*schema.Resource
			for _, r := range state {
				if r.Kind == schema.KindENI {
					enis = append(enis, r)
				}
			}
			files := make([]*schema.Resource, 0, len(state))
			swapped := map[plan.Ref]*schema.Resource{}
			for i := 0; i+1 < len(enis) && len(swapped) < 2*pairs; i += 2 {
				swapped[enis[i].Ref], swapped[enis[i+1].Ref] = placed(enis[i], enis[i+1]), placed(enis[i+1], enis[i])
			}
			for _, r := range state {
				if s := swapped[r.Ref]; s != nil {
					r = s
				}
				files = append(files, r.With(nil, nil))
			}
			world, want := World(state), World(files)
			for b.Loop() {
				p, err := plan.Make(Domain(), Prepare(world, want), want, benchTime, plan.Options{})
				if err != nil || p.Summary.Blocked > 0 || len(p.Steps) != 2*len(swapped) {
					b.Fatal(err, p.Summary, len(p.Steps), len(swapped))
				}
			}
		})
	}
}

// placed answers the ENI attached where the other one is.
func placed(r, other *schema.Resource) *schema.Resource {
	c := *spec[*schema.ENISpec](r)
	c.AttachTo = spec[*schema.ENISpec](other).AttachTo
	return r.With(&c, nil)
}
