//go:build linux

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var everyWrite = flag.Bool("every-write", false, "kill enid before and after every write of the large stories too, not of a share of them")

// every is a share that no story has more points than.
const every = 1 << 20

// crash kills a program before and after each of its writes, once at each, and wants
// to know what becomes of that.
type crash struct {
	t       *testing.T
	roots   []string         // of the paths whose writes count
	begin   func()           // brings everything to where the program starts
	command func() *exec.Cmd // the program
	after   func(r traced)   // looks at what a kill has left, and has it brought to its end
	again   bool             // whether what follows a kill is killed as well, every other time
}

// everywhere kills at every point; where there are more than share, and no flag asks
// for all, at so many of them, evenly spread and the first by chance.
func (c *crash) everywhere(share int) {
	c.t.Helper()
	began, kills, at := time.Now(), 0, "with no kill"
	defer func() {
		if c.t.Failed() {
			c.t.Logf("this was %s", at)
		}
	}()
	c.begin()
	whole := trace(c.t, c.command(), -1, c.roots...)
	if whole.code != 0 && whole.code != exitChanges || len(whole.writes) == 0 {
		c.t.Fatalf("%v: exit %d, %d writes\n%s", c.command().Args, whole.code, len(whole.writes), whole.out)
	}
	points, step := 2*len(whole.writes), 1
	if points > share && !*everyWrite {
		step = (points/share + 1) | 1 // an odd one comes before some writes and after others
	}
	first := rand.IntN(step)
	for point := first; point < points; point += step {
		at = fmt.Sprintf("%s write %d of %d, %s", []string{"before", "after"}[point%2], point/2, len(whole.writes), whole.writes[point/2])
		c.begin()
		r := trace(c.t, c.command(), point, c.roots...)
		if !r.killed && point < points-len(whole.writes)/4 { // chance decides on few of them
			c.t.Fatalf("it has ended before, after %d writes, exit %d:\n%s", len(r.writes), r.code, r.out)
		}
		kills++
		if c.again && point/2%2 == 0 {
			second := rand.IntN(points)
			at += fmt.Sprintf(", and then at point %d", second)
			if r = trace(c.t, c.command(), second, c.roots...); r.killed {
				kills++
			}
		}
		c.after(r)
	}
	took := time.Since(began)
	c.t.Logf("%d writes, %d kills, at each %d. of %d points from the %d., in %.1f s: %s", len(whole.writes), kills, step, points, first, took.Seconds(), kinds(whole.writes))
}

// kinds counts writes by their kind.
func kinds(writes []string) string {
	count := map[string]int{}
	for _, w := range writes {
		kind, _, _ := strings.Cut(w, " ")
		count[kind]++
	}
	return fmt.Sprint(count)
}

// stateFolder is a state and the start to which it comes back.
type stateFolder struct {
	t           *testing.T
	dir, before string
}

func newStateFolder(t *testing.T) *stateFolder {
	dir := t.TempDir()
	return &stateFolder{t, filepath.Join(dir, "state"), filepath.Join(dir, "before")}
}

// keep notes the state as it is now; back brings it back.
func (s *stateFolder) keep() { s.copy(s.before, s.dir) }
func (s *stateFolder) back() { s.copy(s.dir, s.before) }

func (s *stateFolder) copy(to, from string) {
	s.t.Helper()
	if err := os.RemoveAll(to); err != nil {
		s.t.Fatal(err)
	}
	if _, err := os.Stat(from); err != nil {
		return // a state that is not there yet
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		s.t.Fatal(err)
	}
}

// enid runs the program's own main in this process, and wants one of the exit codes.
func (s *stateFolder) enid(codes []int, args ...string) string {
	s.t.Helper()
	code, out := printed(s.t, append(args, "--state", s.dir)...)
	for _, want := range codes {
		if code == want {
			return out
		}
	}
	s.t.Fatalf("enid %v: exit %d, wanted %v:\n%s", args, code, codes, out)
	return ""
}

func (s *stateFolder) json(into any, args ...string) {
	s.t.Helper()
	out := s.enid([]int{exitOK, exitChanges}, append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		s.t.Fatalf("enid %v: %v\n%s", args, err, out)
	}
}

// readable wants a state that a killed process has left to be read, whole: without
// a serial missing, and no id given twice. It answers its records.
func (s *stateFolder) readable() map[string]stateEntry {
	s.t.Helper()
	s.enid([]int{exitOK, exitChanges}, "status")
	var list struct{ Resources []stateEntry }
	s.json(&list, "state", "list")
	entries, ids := map[string]stateEntry{}, map[string]string{}
	for _, e := range list.Resources {
		if other := ids[e.ID]; e.ID != "" && other != "" {
			s.t.Fatalf("%s has the id %s, of %s too", e.Resource, e.ID, other)
		}
		entries[e.Resource.String()], ids[e.ID] = e, e.Resource.String()
	}
	return entries
}

// done counts how often each step was done, over all revisions.
func (s *stateFolder) done() map[string]int {
	s.t.Helper()
	var h struct{ Revisions []revision }
	s.json(&h, "history")
	count := map[string]int{}
	for i, r := range h.Revisions {
		if r.Serial != uint64(len(h.Revisions)-i) {
			s.t.Fatalf("revision %d of %d has serial %d", i, len(h.Revisions), r.Serial)
		}
		var d struct {
			Tried []struct {
				Op, Target, Item string
				Failed           bool
			}
		}
		s.json(&d, "history", "show", fmt.Sprint(r.Serial))
		for _, step := range d.Tried {
			if !step.Failed {
				count[fmt.Sprintf("%s %s %s", step.Op, step.Target, step.Item)]++
			}
		}
	}
	return count
}

// uncertain answers the resources with a step of which nobody knows whether it was done.
func uncertain(entries map[string]stateEntry) (targets []string) {
	for name, e := range entries {
		if len(e.Uncertain) > 0 {
			targets = append(targets, name)
		}
	}
	slices.Sort(targets)
	return targets
}

// ended is how a state looks when everything was done: its records without the ids that
// are new each time, how often each step was done, and the files in its folder.
type ended struct {
	Records map[string]stateEntry
	Done    map[string]int
	Files   []string
}

// ended answers it; a record that was there before keeps its id.
func (s *stateFolder) ended(before map[string]stateEntry) ended {
	s.t.Helper()
	e := ended{Records: s.readable(), Done: s.done()}
	for name, entry := range e.Records {
		if was := before[name]; was.ID != "" && was.ID != entry.ID {
			s.t.Fatalf("%s had the id %s and has %s", name, was.ID, entry.ID)
		}
		entry.ID = ""
		e.Records[name] = entry
	}
	err := fs.WalkDir(os.DirFS(s.dir), ".", func(path string, _ fs.DirEntry, err error) error {
		e.Files = append(e.Files, path)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}
