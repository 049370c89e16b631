package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// helpGroups are the commands as `enid help` lists them, by what people come for.
var helpGroups = []struct {
	title    string
	commands []string
}{
	{"Change things:", []string{"validate", "plan", "show", "diff", "apply", "try", "destroy", "import", "state"}},
	{"Follow git:", []string{"run", "status", "accept", "retry", "sync", "suspend", "resume", "history"}},
	{"Ask:", []string{"get", "reach", "cidr", "graph", "keypair"}},
	{"Look things up:", []string{"rules", "explain", "schema", "version", "completion", "help"}},
	{"This machine:", []string{"host"}},
}

// grouped puts the commands into their groups.
func grouped(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, g := range helpGroups {
		used := false
		for _, c := range root.Commands() {
			if slices.Contains(g.commands, c.Name()) {
				c.GroupID, used = g.title, true
			}
		}
		if used {
			root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		}
	}
}

// hinted has each command say how it is used where it is used in another way.
func hinted(c *cobra.Command) {
	if takes := c.Args; takes != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := takes(c, args); err != nil {
				return fmt.Errorf("%w\nUsage: %s\n`%s --help` has examples", err, c.UseLine(), c.CommandPath())
			}
			return nil
		}
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		meant := ""
		if name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --"); unknown {
			if near := nearestFlag(c.Flags(), name); near != "" {
				meant = fmt.Sprintf(": did you mean --%s?", near)
			}
		}
		return fmt.Errorf("%w%s\n`%s --help` has all flags", err, meant, c.CommandPath())
	})
	for _, sub := range c.Commands() {
		hinted(sub)
	}
}
