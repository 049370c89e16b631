package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpPages: each command says what it is for, in a line and at length, with
// examples that its own flags and arguments accept; `enid help` has it in a group,
// and `enid help COMMAND` prints all of it.
func TestHelpPages(t *testing.T) {
	root := newApp(nil, io.Discard, io.Discard).root()
	for _, c := range root.Commands() {
		if c.GroupID == "" && !c.Hidden {
			t.Errorf("enid %s is in no group of helpGroups", c.Name())
		}
	}
	var see func(c *cobra.Command)
	see = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return
		}
		helpPage(t, c)
		for _, sub := range c.Commands() {
			see(sub)
		}
	}
	see(root)
}

func helpPage(t *testing.T, c *cobra.Command) {
	t.Helper()
	path := c.CommandPath()
	if c.Short == "" || strings.HasSuffix(c.Short, ".") || strings.ToUpper(c.Short[:1]) != c.Short[:1] {
		t.Errorf("%s: its summary is no line of a list: %q", path, c.Short)
	}
	if c.Long == "" {
		t.Errorf("%s says nothing at length", path)
	}
	for line := range strings.Lines(c.Long) {
		if len([]rune(line)) > 100 {
			t.Errorf("%s: a line of its help is over 99 columns: %q", path, line)
		}
	}
	if c.Runnable() && !c.HasSubCommands() && !strings.Contains(c.Example, path+" ") && !strings.HasSuffix(strings.TrimSpace(c.Example), path) && !strings.Contains(c.Example, path+"\n") {
		t.Errorf("%s has no example of its own: %q", path, c.Example)
	}
	for line := range strings.Lines(c.Example) {
		example(t, line)
	}
	var out bytes.Buffer
	args := append([]string{"help"}, strings.Fields(path)[1:]...)
	if code := newApp(nil, &out, io.Discard).run(t.Context(), args); code != exitOK || !strings.Contains(out.String(), strings.TrimSpace(c.Long)) {
		t.Errorf("enid %s: exit %d\n%s", strings.Join(args, " "), code, out.String())
	}
}

// example holds each enid command in a line of a shell to what it accepts.
func example(t *testing.T, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " #")
	for _, command := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == '&' || r == ';' }) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(command), "sudo "))
		if len(words) == 0 || words[0] != "enid" {
			continue
		}
		c, rest, err := newApp(nil, io.Discard, io.Discard).root().Find(words[1:])
		if err != nil {
			t.Errorf("example %q: %v", line, err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil {
			t.Errorf("example %q: %v", line, err)
		} else if err := c.ValidateArgs(c.Flags().Args()); err != nil {
			t.Errorf("example %q: %v", line, err)
		}
	}
}
