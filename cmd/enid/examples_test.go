package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const examplesFolder = "../../examples"

// TestExamples does what the README.md of each story tells a person to type, and
// compares the plans with the golden ones beside them (-update writes them anew).
//
// A line that is indented by four spaces and begins with enid is a command. Its
// comment names the golden file of its output, a .txt, and its exit code where
// that is not 0:
//
//	enid plan 1-ask --at 2026-11-23T09:00:00Z    # 1-ask/plan.txt, exit 3
func TestExamples(t *testing.T) {
	readmes, err := filepath.Glob(examplesFolder + "/*/README.md")
	if err != nil || len(readmes) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, readme := range readmes {
		if slices.Contains([]string{"ci", "monitoring"}, filepath.Base(filepath.Dir(readme))) {
			continue // no stories: what is there to copy, TestCI... and TestMonitoring... run
		}
		t.Run(filepath.Base(filepath.Dir(readme)), func(t *testing.T) {
			commands := commandsOf(t, readme)
			t.Chdir(filepath.Dir(readme))
			t.Setenv("ENID_STATE", filepath.Join(t.TempDir(), "state"))
			for _, c := range commands {
				c.typed(t)
			}
			nothingForgotten(t, commands)
		})
	}
}

// TestExamplesIndex holds the list of stories to the folders that there are.
func TestExamplesIndex(t *testing.T) {
	index, err := os.ReadFile(examplesFolder + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(examplesFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if link := "(" + e.Name() + ")"; e.IsDir() && !strings.Contains(string(index), link) {
			t.Errorf("examples/README.md has no link to %s", e.Name())
		}
	}
}

// typed is a command that a story tells to type.
type typed struct {
	args   []string
	golden string // "": what it prints is not recorded
	exit   int
}

var (
	goldenName = regexp.MustCompile(`\S+\.txt`)
	exitCode   = regexp.MustCompile(`\bexit ([0-3])\b`)
)

// commandsOf reads the commands of a README.md.
func commandsOf(t *testing.T, readme string) (commands []typed) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		command, comment, _ := strings.Cut(line, "#")
		words, ok := strings.CutPrefix(command, "    enid ")
		if !ok {
			continue
		}
		c := typed{args: strings.Fields(words), golden: goldenName.FindString(comment)}
		if code := exitCode.FindStringSubmatch(comment); code != nil {
			c.exit = int(code[1][0] - '0')
		}
		commands = append(commands, c)
	}
	return commands
}

// typed runs the command and holds it to its golden output and its exit code. What
// is applied whole leaves nothing to do, and what is planned is valid.
func (c typed) typed(t *testing.T) {
	t.Helper()
	line := "enid " + strings.Join(c.args, " ")
	code, out := printed(t, c.args...)
	if code != c.exit {
		t.Fatalf("%s: exit %d, want %d\n%s", line, code, c.exit, out)
	}
	if c.golden != "" {
		compareGolden(t, line, c.golden, out)
	}
	switch c.args[0] {
	case "plan":
		if !slices.Contains(c.args, "--at") || c.golden == "" {
			t.Fatalf("%s: give --at and a golden file: it has to be the same at any time", line)
		}
		if code, out := printed(t, "validate", c.args[1]); code != exitOK {
			t.Errorf("%s: its topology is not valid: exit %d\n%s", line, code, out)
		}
		lawful(t, c.args)
	case "apply":
		if code, out := printed(t, "plan", c.args[1]); code != c.exit {
			t.Errorf("%s: a plan after it: exit %d, want %d\n%s", line, code, c.exit, out)
		}
	}
}

// printed runs the program and answers its exit code and what it printed.
func printed(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = newApp(nil, &stdout, &stderr).run(t.Context(), args)
	if code == exitFailed || stdout.Len() == 0 {
		return code, stdout.String() + stderr.String()
	}
	return code, stdout.String()
}

// compareGolden compares output with the golden file, or writes that.
func compareGolden(t *testing.T, line, golden, out string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v; `make docs` writes it", err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("%s: not what %s says (-want +got):\n%s", line, golden, diff)
	}
}

// nothingForgotten holds a story to its folder: each commit in it is planned or
// validated, each golden file is compared, and what was there before is imported.
func nothingForgotten(t *testing.T, commands []typed) {
	t.Helper()
	var said []string
	for _, c := range commands {
		said = append(append(said, c.golden), c.args...)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if (e.IsDir() || name == "state.yaml") && !slices.Contains(said, name) {
			t.Errorf("no command of the README.md is about %s", name)
		}
	}
	golden, err := filepath.Glob("*.txt")
	inside, err2 := filepath.Glob("*/*.txt")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, name := range append(golden, inside...) {
		if !slices.Contains(said, name) {
			t.Errorf("no command of the README.md is compared with %s", name)
		}
	}
}
