package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"enid/plan/cloud"
	"enid/plan/guest"
	"enid/reconcile/metrics"
	"enid/schema"
)

// pages are all pages of the repository that people read, from its root; what is
// written by hand comes first.
func pages(t *testing.T) (byHand, all []string) {
	t.Helper()
	glob := func(pattern string) (found []string) {
		names, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %q, %v", pattern, names, err)
		}
		for _, name := range names {
			found = append(found, strings.TrimPrefix(filepath.ToSlash(name), "../../"))
		}
		return found
	}
	byHand = slices.Concat(glob("*.md"), glob("examples/*/README.md"))
	for _, name := range guides {
		byHand = append(byHand, "docs/"+name+".md")
	}
	all = slices.Concat(byHand, glob("examples/*.md"), glob("docs/*.md"), glob("docs/kinds/*.md"))
	slices.Sort(all)
	return byHand, slices.Compact(all)
}

func pageText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	pageLink   = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^):]*))?\)`)
	fencedText = regexp.MustCompile("(?ms)^```.*?^```$")
	htmlAnchor = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	noSlug     = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	slugMarkup = regexp.MustCompile("[`*]|\\]\\([^)]*\\)")
)

// anchors are the fragments that a page can be linked to by, as GitHub makes them of
// its headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(fencedText.ReplaceAllString(text, "")) {
		if level := strings.TrimLeft(line, "#"); level != line && strings.HasPrefix(level, " ") {
			slug := noSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(slugMarkup.ReplaceAllString(level, ""))), "")
			slug = strings.ReplaceAll(slug, " ", "-")
			for n, name := 1, slug; ; n++ {
				if !found[name] {
					found[name] = true
					break
				}
				name = fmt.Sprintf("%s-%d", slug, n)
			}
		}
	}
	for _, a := range htmlAnchor.FindAllStringSubmatch(text, -1) {
		found[a[1]] = true
	}
	return found
}

// The pages link to files and headings that there are.
func TestDocsLinks(t *testing.T) {
	_, all := pages(t)
	n := 0
	for _, name := range all {
		for _, found := range pageLink.FindAllStringSubmatch(fencedText.ReplaceAllString(pageText(t, name), ""), -1) {
			n++
			target := name
			if found[1] != "" {
				target = filepath.Join(filepath.Dir(name), found[1])
			}
			if _, err := os.Stat(filepath.Join("../..", target)); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if found[2] != "" && !anchors(pageText(t, target))[found[2]] {
				t.Errorf("%s: %s has no heading #%s", name, target, found[2])
			}
		}
	}
	if n < 90 {
		t.Errorf("only %d links were found", n)
	}
}

// allFlags are the long names of the flags of all commands.
func allFlags() map[string]bool {
	flags := map[string]bool{}
	note := func(f *pflag.Flag) { flags[f.Name] = true }
	var collect func(c *cobra.Command)
	collect = func(c *cobra.Command) {
		c.Flags().VisitAll(note)
		c.PersistentFlags().VisitAll(note)
		for _, sub := range c.Commands() {
			collect(sub)
		}
	}
	collect(newApp(nil, nil, nil).root())
	return flags
}

var (
	codeSpan   = regexp.MustCompile("`([^` ]+)[^`]*`")
	ruleName   = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9-]+)+$`)
	keyName    = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-(file|keys?|cert|hosts|probe|path|review|deletes|source|rewind|timeout)$`)
	ourFolders = regexp.MustCompile(`^(cmd|docs|examples|plan|reconcile|schema|\.ci)/[^*]+$`)
)

// othersFlag answers whether a page types another program with that flag.
func othersFlag(text, flag string) bool {
	for line := range strings.Lines(text) {
		typed, ok := strings.CutPrefix(line, "    ")
		if ok && !typedCommand.MatchString(typed) && slices.Contains(strings.Fields(typed), flag) {
			return true
		}
	}
	return false
}

// What the pages name in code type is there: flags, keys of the configuration,
// metrics, rules, and files of this repository.
func TestDocsNames(t *testing.T) {
	flags, known := allFlags(), map[string]bool{}
	for _, r := range slices.Concat(schema.Rules(), cloud.Rules(), guest.Rules()) {
		known[string(r.ID)] = true
		first, _, _ := strings.Cut(string(r.ID), ".")
		known[first] = true
	}
	for _, op := range allOperations() {
		known[string(op.ID)] = true
	}
	for _, m := range metrics.Table() {
		known[m.Name] = true
	}
	names, _ := pages(t)
	n := 0
	for _, page := range names {
		text := fencedText.ReplaceAllString(pageText(t, page), "")
		for _, found := range codeSpan.FindAllStringSubmatch(text, -1) {
			word := found[1]
			first, _, dotted := strings.Cut(word, ".")
			flag, isFlag := strings.CutPrefix(word, "--")
			there := true
			switch {
			case isFlag:
				there = flags[flag] || othersFlag(pageText(t, page), word)
			case keyName.MatchString(word) && !strings.HasPrefix(word, "enid-"):
				there = flags[word]
			case strings.HasPrefix(word, "enid_"):
				there = known[word]
			case ourFolders.MatchString(word):
				_, err := os.Stat(filepath.Join("../..", word))
				there = err == nil
			case dotted && known[first] && ruleName.MatchString(word) && filepath.Ext(word) != ".txtar":
				there = known[word]
			default:
				continue
			}
			if n++; !there {
				t.Errorf("%s: `%s` is nowhere", page, word)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d names were found", n)
	}
}
