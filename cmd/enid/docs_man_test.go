package main

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var (
	manFolder  = flag.String("man", "", "write the man pages there")
	manVersion = flag.String("version", "", "what the man pages say they are of")
)

// TestManPages writes a page for each command, from its help, and has man read them.
// `make package` calls it with -man; the date of the pages is SOURCE_DATE_EPOCH's.
func TestManPages(t *testing.T) {
	t.Setenv("ENID_STATE", "/var/lib/enid") // a default that is the same for all who build
	folder := *manFolder
	if folder == "" {
		folder = t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	root := newApp(nil, io.Discard, io.Discard).root()
	root.DisableAutoGenTag = true
	commands := manCommands(root)
	said := map[*cobra.Command]string{}
	for _, c := range commands {
		said[c] = strings.Join([]string{c.Short, c.Long, c.Example}, " ")
		c.Long = fencedLists(c.Long) // the pages are made of markdown
	}
	header := &doc.GenManHeader{Section: "1", Source: strings.TrimSpace("enid " + *manVersion), Manual: "enid"}
	if err := doc.GenManTreeFromOpts(root, doc.GenManTreeOptions{Header: header, Path: folder, CommandSeparator: "-"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		page := filepath.Join(folder, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
		if _, err := os.Stat(page); err != nil {
			t.Error(err)
		}
		manReads(t, page, said[c])
	}
}

// manCommands answers the commands that get a page: those that are shown, but for
// completion, whose help is cobra's.
func manCommands(c *cobra.Command) []*cobra.Command {
	found := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.Name() == "completion" {
			c.RemoveCommand(sub)
		} else if sub.IsAvailableCommand() {
			found = append(found, manCommands(sub)...)
		}
	}
	return found
}

// manReads has man format a page: without a warning, and with all the words
// of the help.
func manReads(t *testing.T, page, said string) {
	t.Helper()
	if _, err := exec.LookPath("man"); err != nil {
		if os.Geteuid() == 0 && *manFolder == "" {
			t.Error("man is not installed: apt-get install man-db")
		}
		return
	}
	cmd := exec.Command("man", "--warnings=w", "--no-hyphenation", "--local-file", page)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=1000", "MANPAGER=cat", "MANROFFOPT=-c")
	var warnings strings.Builder
	cmd.Stderr = &warnings
	out, err := cmd.Output()
	if err != nil || warnings.Len() > 0 {
		t.Errorf("man %s: %v\n%s", filepath.Base(page), err, warnings.String())
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range strings.Fields(strings.ReplaceAll(said, "`", "")) {
		if !strings.Contains(text, want) {
			t.Errorf("man %s does not say %q", filepath.Base(page), want)
		}
	}
}
