package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"enid/reconcile"
)

const guideFolder = "../../docs"

// guides are the pages of docs/ that are written by hand, for people.
var guides = []string{"install", "first-hour", "concepts", "running", "troubleshooting", "security", "comparison"}

func guidePage(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(guideFolder, name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each condition has its section in troubleshooting.md, and no section is about one
// that there is not.
func TestDocsGuideConditions(t *testing.T) {
	page := guidePage(t, "troubleshooting")
	var headings []string
	for line := range strings.Lines(page) {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			headings = append(headings, strings.TrimSpace(name))
		}
	}
	var want []string
	for _, c := range reconcile.Conditions() {
		want = append(want, string(c))
	}
	for _, c := range []reconcile.HostCondition{reconcile.HostConverged, reconcile.HostConverging, reconcile.HostDegraded, reconcile.HostWaiting} {
		want = append(want, string(c))
	}
	for _, name := range want {
		if !slices.Contains(headings, name) {
			t.Errorf("troubleshooting.md has no section ### %s", name)
		}
	}
	types := statusConditions(t)
	for _, name := range headings {
		if !slices.Contains(want, name) && !slices.Contains(types, name) {
			t.Errorf("troubleshooting.md has a section %s, which is no condition", name)
		}
	}
	for _, name := range types {
		if !slices.Contains(headings, name) {
			t.Errorf("troubleshooting.md has no section ### %s", name)
		}
	}
}

var conditionType = regexp.MustCompile(`\.condition\([^",\n]+, "([A-Z][a-z]+)"|condition[A-Z][a-z]+ += "([A-Z][a-z]+)"`)

// statusConditions reads the types of the status's conditions out of the code.
func statusConditions(t *testing.T) (types []string) {
	t.Helper()
	files, err := filepath.Glob("../../reconcile/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, found := range conditionType.FindAllStringSubmatch(string(text), -1) {
			types = append(types, found[1]+found[2])
		}
	}
	slices.Sort(types)
	types = slices.Compact(types)
	if len(types) < 4 {
		t.Fatalf("only %q are found", types)
	}
	return types
}

var (
	inlineCommand = regexp.MustCompile("`(?:sudo )?(enid [a-z][^`]*)`")
	typedCommand  = regexp.MustCompile(`^(?:    )?(?:\$ )?(?:sudo )?(enid [a-z].*)`)
	quoted        = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	choice        = regexp.MustCompile(`([a-z]+)((?:\\?\|[a-z]+)+)`)
)

// Each command of the pages, and each of its flags, is one of the program's.
func TestDocsGuideCommands(t *testing.T) {
	n := 0
	names, _ := pages(t)
	for _, name := range names {
		typed := false // inside a block, or where a line is one
		for line := range strings.Lines(pageText(t, name)) {
			if strings.HasPrefix(line, "```") {
				typed = !typed
			}
			var commands []string
			if found := typedCommand.FindStringSubmatch(line); found != nil && (typed || strings.HasPrefix(line, "    ")) {
				commands = append(commands, strings.TrimSpace(found[1]))
			}
			for _, found := range inlineCommand.FindAllStringSubmatch(line, -1) {
				commands = append(commands, choices(found[1])...)
			}
			for _, c := range commands {
				n++
				knownCommand(t, name, c)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d commands were found", n)
	}
}

// choices writes a|b out, where it is a choice of commands, as in a table.
func choices(line string) []string {
	words := strings.Fields(line)
	for i := 1; i < min(len(words), 3); i++ {
		if words[i] != choice.FindString(words[i]) {
			continue
		}
		var all []string
		for _, one := range strings.Split(strings.ReplaceAll(words[i], `\|`, "|"), "|") {
			all = append(all, strings.Join(slices.Concat(words[:i], []string{one}, words[i+1:]), " "))
		}
		return all
	}
	return []string{line}
}

func knownCommand(t *testing.T, page, line string) {
	t.Helper()
	command, _, _ := strings.Cut(line, " #")
	command, _, _ = strings.Cut(command, " | ")
	words := strings.Fields(quoted.ReplaceAllString(command, "QUOTED"))[1:]
	root := newApp(nil, nil, nil).root()
	root.InitDefaultCompletionCmd()
	found, _, err := root.Find(words)
	if err != nil || found == root {
		t.Errorf("%s: %s: no such command: %v", page, line, err)
		return
	}
	for _, w := range words {
		flag, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case !strings.HasPrefix(w, "-"):
		case strings.HasPrefix(w, "--") && found.Flags().Lookup(flag) == nil && found.InheritedFlags().Lookup(flag) == nil,
			!strings.HasPrefix(w, "--") && found.Flags().ShorthandLookup(flag[:1]) == nil:
			t.Errorf("%s: %s: it has no %s", page, line, w)
		}
	}
}
