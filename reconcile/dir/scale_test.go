package dir

import (
	"fmt"
	"testing"
	"time"
)

// TestManyFiles reports what a first reading, a second and a change cost.
func TestManyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const files = 10_000
	dir := t.TempDir()
	for i := range files {
		write(t, dir, fmt.Sprintf("d%d/f%d.yaml", i%100, i), fmt.Sprintf("name: e%d\n", i))
	}
	s := open(t, dir)
	timed := func() time.Duration {
		begin := time.Now()
		fetch(t, s)
		return time.Since(begin)
	}
	first := timed()
	s.now = func() time.Time { return time.Now().Add(time.Hour) } // everything is at rest
	timed()
	calmly := timed()
	write(t, dir, "d0/f0.yaml", "name: other\n")
	t.Logf("%d files: first %v, nothing changed %v, one changed %v", files, first, calmly, timed())
}
