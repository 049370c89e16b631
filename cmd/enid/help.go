package main

import (
	"slices"

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
