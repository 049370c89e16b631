package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"enid/reconcile"
)

var (
	shownMessages = regexp.MustCompile(`(?m)^\*(".*)\.\*$`)
	quotedText    = regexp.MustCompile(`"([^"]+)"`)
	formatVerb    = regexp.MustCompile(`%[-+#.0-9]*[a-z]|\d+`)
	ourNames      = regexp.MustCompile(`refs/heads/main|(folder |^)topology\b|web\.yaml:\d+:\d+: |sha256:|eth1|[0-9a-f]{2}(:[0-9a-f]{2}){5}|\[host\.table\]`)
)

// sourceText is the code that speaks to people, with … for what it fills in.
func sourceText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{".", "../../reconcile", "../../plan", "../../schema"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return formatVerb.ReplaceAllString(all.String(), "…")
}

// The messages that troubleshooting.md shows are those of the code.
func TestDocsTroubleMessages(t *testing.T) {
	page, code := guidePage(t, "troubleshooting"), sourceText(t)
	var messages []string
	for _, line := range shownMessages.FindAllStringSubmatch(page, -1) {
		for _, found := range quotedText.FindAllStringSubmatch(line[1], -1) {
			messages = append(messages, found[1])
		}
	}
	_, table, _ := strings.Cut(page, "## The daemon does not start")
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 4 && !strings.HasPrefix(cells[1], " message") && !strings.HasPrefix(cells[1], "---") {
			messages = append(messages, strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", ""))
		}
	}
	if len(messages) < 20 {
		t.Fatalf("only %d messages were found: %q", len(messages), messages)
	}
	for _, m := range messages {
		filled := formatVerb.ReplaceAllString(ourNames.ReplaceAllString(m, "$1…"), "…")
		for part := range strings.SplitSeq(filled, "…") {
			if part = strings.Trim(part, " ,.:;"); len(part) > 2 && !strings.Contains(code, part) {
				t.Errorf("%q: no code says %q", m, part)
			}
		}
	}
}

var (
	remedyCommand = regexp.MustCompile(`"(enid [a-z]+)`)
	remedyFlag    = regexp.MustCompile(`--([a-z][a-z-]+[a-z])`)
)

// Each section has the commands and the flags of the condition's remedy, as status and
// page give it.
func TestDocsTroubleRemedies(t *testing.T) {
	page := guidePage(t, "troubleshooting")
	for _, c := range reconcile.Conditions() {
		_, section, _ := strings.Cut(page, "### "+string(c)+"\n")
		section, _, _ = strings.Cut(section, "\n##")
		var names []string
		for _, found := range remedyCommand.FindAllStringSubmatch(c.Remedy(), -1) {
			names = append(names, found[1])
		}
		for _, found := range remedyFlag.FindAllStringSubmatch(c.Remedy(), -1) {
			names = append(names, found[1])
		}
		for _, name := range names {
			if !strings.Contains(section, name) {
				t.Errorf("troubleshooting.md, %s: nothing of %q, which its remedy names: %s", c, name, c.Remedy())
			}
		}
	}
}
