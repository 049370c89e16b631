package git

import (
	"fmt"
	"testing"
	"time"
)

// TestManyFiles reports what a first fetch and a small change cost.
func TestManyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const files = 20_000
	r := newRepo(t)
	var pairs []string
	for i := range files {
		pairs = append(pairs, fmt.Sprintf("topology/d%d/f%d.yaml", i%100, i), fmt.Sprintf("apiVersion: enid/v1\nkind: ENI\nmetadata:\n  name: e%d\nspec:\n  subnet: s%d\n  securityGroups: [a]\n", i, i%50))
	}
	first := r.commit("many", pairs...)
	s := open(t, Options{URL: "file://" + r.bare})
	begin := time.Now()
	wantID(t, s, first)
	clone := time.Since(begin)
	s.SetApplied(first)
	second := r.commit("few", "topology/d0/f0.yaml", "x: 1\n")
	begin = time.Now()
	wantID(t, s, second)
	change := time.Since(begin)
	begin = time.Now()
	wantID(t, s, second)
	t.Logf("%d files: first fetch %v, one file changed %v, nothing changed %v", files, clone, change, time.Since(begin))
	if change > clone {
		t.Errorf("a change of one file (%v) costs more than the first fetch (%v)", change, clone)
	}
}
