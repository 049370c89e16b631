//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/reconcile/store/bolt"
)

// crashApply kills a command that applies a folder everywhere, and wants the next ones
// to bring the state to where one that nobody kills brings it, each step done once. It answers
// a copy of a state in which a step is uncertain, "" where there was none.
func (s *stateFolder) crashApply(share int, dir string, apply ...string) (uncertainty string) {
	s.t.Helper()
	before := s.readable()
	s.enid([]int{exitOK}, apply...)
	want := s.ended(before)
	for step, n := range want.Done {
		if n != 1 {
			s.t.Fatalf("%s was done %d times", step, n)
		}
	}
	unsure := 0
	c := &crash{t: s.t, roots: []string{s.dir}, begin: s.back, again: true}
	c.command = func() *exec.Cmd { return exec.Command("enid", append(apply, "--state", s.dir)...) }
	c.after = func(r traced) {
		if targets := uncertain(s.readable()); len(targets) > 0 {
			if uncertainty == "" {
				uncertainty = filepath.Join(s.t.TempDir(), "uncertain")
				s.copy(uncertainty, s.dir)
			}
			unsure++
			s.settle(apply, targets, unsure%2 == 0)
		}
		s.enid([]int{exitOK}, apply...)
		if diff := cmp.Diff(want, s.ended(before)); diff != "" {
			s.t.Fatalf("it does not end as without a kill (-without +with):\n%s", diff)
		}
		s.enid([]int{exitOK}, "plan", dir)
	}
	c.everywhere(share)
	s.t.Logf("%d kills left a step uncertain", unsure)
	return uncertainty
}

// settle wants the next apply to do all but the uncertain steps, of which each kill
// may have left one, and settles them as a person does.
func (s *stateFolder) settle(apply, targets []string, done bool) {
	s.t.Helper()
	if len(targets) > 2 {
		s.t.Fatalf("two kills have left %v uncertain", targets)
	}
	was := s.done()
	s.enid([]int{exitBlocked}, apply...)
	if again := uncertain(s.readable()); !cmp.Equal(again, targets) {
		s.t.Fatalf("%v were uncertain, then %v", targets, again)
	}
	for step := range s.done() {
		if slices.Contains(targets, strings.Fields(step)[1]) && was[step] == 0 {
			s.t.Fatalf("%s was done again by itself", step)
		}
	}
	verdict := "--not-done"
	if done {
		verdict = "--done"
	}
	for _, target := range targets {
		s.enid([]int{exitOK}, "state", "resolve", target, verdict)
	}
}

// An apply that makes a network, and one of steps that cannot be undone: killed at
// every write, each ends done, each step exactly once. So does a person's word on what
// a kill has left uncertain.
func TestCrashApply(t *testing.T) {
	t.Parallel()
	tracing(t)
	t.Run("all of it new", func(t *testing.T) {
		t.Parallel()
		newStateFolder(t).crashApply(every, multiENI, "apply", multiENI, "--yes")
	})
	t.Run("of a repository", func(t *testing.T) { // which is fetched for the first time
		t.Parallel()
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "topology"), os.DirFS(multiENI)); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"init", "--quiet", "--initial-branch=main"}, {"add", "--all"},
			{"-c", "user.name=Ann", "-c", "user.email=ann@example.net", "commit", "--quiet", "--message", "the worked example"}} {
			if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
				t.Fatalf("git %v: %v\n%s", args, err, out)
			}
		}
		newStateFolder(t).crashApply(40, filepath.Join(dir, "topology"), "run", "--once", "--repo", "file://"+dir, "--log-level", "error")
	})
	t.Run("irreversible", func(t *testing.T) {
		t.Parallel()
		s, dir := newStateFolder(t), t.TempDir()
		town(t, dir, 2, false)
		s.enid([]int{exitOK}, "apply", dir, "--yes")
		s.keep()
		town(t, dir, 2, true)
		if s.before = s.crashApply(every, dir, "apply", dir, "--yes"); s.before == "" {
			t.Fatal("no kill came between the two notes of a step")
		}
		s.back()
		target := uncertain(s.readable())[0]
		for _, verdict := range []string{"--done", "--not-done"} {
			s.crashCommand("state", "resolve", target, verdict)
		}
	})
}

// TestCrashCommands kills the commands that change a state by hand.
func TestCrashCommands(t *testing.T) {
	t.Parallel()
	tracing(t)
	fact := filepath.Join(t.TempDir(), "fact.yaml")
	text := "{apiVersion: enid/v1, kind: EIP, metadata: {name: theirs, annotations: {enid/observe-only: \"true\"}}, spec: {region: cn-hangzhou}, status: {id: eip-1, phase: available}}\n"
	if err := os.WriteFile(fact, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"import", "-f", fact},
		{"state", "mv", "Instance/web-1", "web-a"},
		{"state", "forget", "ENI/web-1-c", "--yes"},
		{"suspend", "--reason", "the rack moves"},
		{"resume"},
		{"accept", strings.Repeat("a1", 20)},
	} {
		t.Run(strings.Join(args[:min(2, len(args))], " "), func(t *testing.T) {
			t.Parallel()
			s := newStateFolder(t)
			s.enid([]int{exitOK}, "apply", multiENI, "--yes")
			if args[0] == "resume" {
				s.enid([]int{exitOK}, "suspend")
			}
			s.keep()
			s.crashCommand(args...)
		})
	}
}

// crashCommand kills a command everywhere, and wants the state to be as before it, or
// as after it; and from before, the command to work as if nothing had been.
func (s *stateFolder) crashCommand(args ...string) {
	s.t.Helper()
	s.back()
	before := s.whole()
	s.enid([]int{exitOK}, args...)
	after := s.whole()
	if cmp.Equal(before, after) {
		s.t.Fatalf("enid %v changes nothing", args)
	}
	c := &crash{t: s.t, roots: []string{s.dir}, begin: s.back}
	c.command = func() *exec.Cmd { return exec.Command("enid", append(args, "--state", s.dir)...) }
	c.after = func(traced) {
		switch now := s.whole(); {
		case cmp.Equal(now, after):
			return
		case !cmp.Equal(now, before):
			s.t.Fatalf("neither as before (-before +now):\n%s\nnor as after (-after +now):\n%s", cmp.Diff(before, now), cmp.Diff(after, now))
		}
		s.enid([]int{exitOK}, args...)
		if diff := cmp.Diff(after, s.whole()); diff != "" {
			s.t.Fatalf("done after a kill (-without +with):\n%s", diff)
		}
	}
	c.everywhere(every)
}

// whole is all that a state says, but for when.
func (s *stateFolder) whole() []string {
	s.t.Helper()
	s.readable()
	db, err := bolt.Open(s.dir, bolt.Options{ReadOnly: true}) // no command shows everything
	if err != nil {
		s.t.Fatal(err)
	}
	state, err := db.Load(s.t.Context())
	if err := errors.Join(err, db.Close()); err != nil {
		s.t.Fatal(err)
	}
	text, err := json.Marshal(state)
	if err != nil {
		s.t.Fatal(err)
	}
	all := []string{string(text), s.enid([]int{exitOK, exitChanges}, "status", "-o", "json"), s.enid([]int{exitOK}, "history", "-o", "json")}
	for i, text := range all {
		all[i] = timestamps.ReplaceAllString(text, "when")
	}
	return append(all, cmp.Diff(nil, s.done()))
}

// timestamps are times as enid writes them.
var timestamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`)
