package cloud

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMissing holds the list of what is missing, of few and of many, against the one
// that is found by looking at each.
func TestMissing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) (out []int) {
		for range n {
			out = append(out, r.IntN(2*fewValues))
		}
		return out
	}
	for range 500 {
		have, want := draw(r.IntN(3*fewValues)), draw(r.IntN(3*fewValues))
		dumb := slices.DeleteFunc(slices.Clone(want), func(x int) bool { return slices.Contains(have, x) })
		if got := missing(have, want); !slices.Equal(got, dumb) {
			t.Fatalf("%v has, %v wants: %v, want %v", have, want, got, dumb)
		}
		sorted := slices.Sorted(slices.Values(have))
		if !sameSet(have, sorted) || sameSet(append(sorted, -1), have) {
			t.Fatalf("%v is the same set as its sorted self, and not as more", have)
		}
	}
}
