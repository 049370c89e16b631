package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/schema"
)

// ruleEntry is a rule in enid.rules/v1. Empty fields are left out but for the
// first five.
type ruleEntry struct {
	ID      string       `json:"id"`
	Class   schema.Class `json:"class"`
	Cloud   string       `json:"cloud"` // alibaba, aws or any
	Text    string       `json:"text"`
	Source  string       `json:"source"`
	Note    string       `json:"note,omitempty"`
	Code    string       `json:"code,omitempty"` // the cloud's error code
	Section string       `json:"section"`
	// Remedy is what a person was told to do in one case of it.
	Remedy string `json:"remedy,omitempty"`
	// RequiredBy are the rows of the operations whose steps it can block.
	RequiredBy []string `json:"requiredBy,omitempty"`
}

// rulesDocument is what `enid rules --format json` writes.
type rulesDocument struct {
	Format string      `json:"format"` // enid.rules/v1
	Rules  []ruleEntry `json:"rules"`
}

func entryOf(r schema.Rule, c cases) ruleEntry {
	e := ruleEntry{ID: r.ID, Class: r.Class, Cloud: r.Cloud, Text: r.Text, Source: r.Source, Note: r.Note, Code: r.Code, Section: sectionTitle(r.ID)}
	for _, one := range c.Rules[r.ID] {
		if one.Remedy != "" {
			e.Remedy = one.Remedy
			break
		}
	}
	for _, op := range requiring(r.ID) {
		e.RequiredBy = append(e.RequiredBy, op.ID)
	}
	return e
}

// ruleFilter is which rules a person asks for; empty fields ask for all.
type ruleFilter struct{ class, cloud, prefix string }

func (f ruleFilter) matches(r schema.Rule) bool {
	return strings.HasPrefix(r.ID, f.prefix) && (f.class == "" || string(r.Class) == f.class) &&
		(f.cloud == "" || r.Cloud == f.cloud || r.Cloud == "any")
}

func (a *app) rulesCommand() *cobra.Command {
	var format string
	var f ruleFilter
	c := &cobra.Command{
		Use:   "rules [PREFIX]",
		Short: "List the rules of the clouds and of the host that enid knows",
		Long: `rules lists every documented behaviour that enid checks, plans with, advises on or
answers: its id, its class, the cloud, the rule itself and where it is documented.
The ids are stable: validate, plan and apply name them, and so do their JSON forms.

Rules are ordered by section (networks, public addresses, reachability, interfaces,
prefixes, instances, storage, host, policies) and by id within a section. PREFIX
keeps the ids that begin with it. --cloud keeps the rules that hold on that cloud,
those of any cloud included.

Sources: A is the Alibaba Cloud ECS networking guide of 2019-06-28, B notes on AWS
EC2, each with its section; "public" is the clouds' public documentation.

The JSON form is {"format":"enid.rules/v1","rules":[...]}, each rule with id, class,
cloud, text, source, section and, where there are any, note, code (the cloud's error
code), remedy (one case's) and requiredBy (rows of ` + "`enid explain OPERATION`" + `).`,
		Example: `  enid rules
  enid rules eni.attach
  enid rules --class irreversible
  enid rules --cloud aws --class precondition
  enid rules --format json | jq -r '.rules[] | select(.code) | [.code, .id] | @tsv'`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeRules,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if err := oneOf("class", f.class, append(classNames(), "")...); err != nil {
				return fmt.Errorf("--class %q: choose one of %s", f.class, strings.Join(classNames(), ", "))
			}
			if err := oneOf("cloud", f.cloud, "alibaba", "aws", "any", ""); err != nil {
				return fmt.Errorf("--cloud %q: choose one of alibaba, aws, any", f.cloud)
			}
			if len(args) == 1 {
				f.prefix = args[0]
			}
			return a.rules(f, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	c.Flags().StringVar(&f.class, "class", "", "only rules of that class: "+strings.Join(classNames(), ", "))
	c.Flags().StringVar(&f.cloud, "cloud", "", "only rules that hold on that cloud: alibaba, aws; any: only those of both")
	return c
}

func completeRules(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
}

func ruleIDs() (ids []string) {
	for _, r := range catalogue() {
		ids = append(ids, r.ID)
	}
	return ids
}

func (a *app) rules(f ruleFilter, format string) error {
	found := slices.DeleteFunc(catalogue(), func(r schema.Rule) bool { return !f.matches(r) })
	if len(found) == 0 {
		return noRule(f)
	}
	if format == "json" {
		c, err := readCases()
		if err != nil {
			return err
		}
		doc := rulesDocument{Format: "enid.rules/v1"}
		for _, r := range found {
			doc.Rules = append(doc.Rules, entryOf(r, c))
		}
		return render.JSON(a.out, doc)
	}
	writeRules(a.out, found, a.width())
	return nil
}

// noRule answers the error where no rule is as asked for.
func noRule(f ruleFilter) error {
	var beginnings []string
	for _, id := range ruleIDs() {
		if strings.HasPrefix(id, f.prefix) {
			return errors.New("no rule is all of that; leave --class or --cloud out")
		}
		for at, r := range id + "." {
			if r == '.' {
				beginnings = append(beginnings, id[:at])
			}
		}
	}
	return fmt.Errorf("no rule begins with %q%s", f.prefix, suggest(f.prefix, beginnings))
}

// writeRules writes rules for people, under the titles of their sections.
func writeRules(w io.Writer, rules []schema.Rule, width int) {
	title := ""
	for _, r := range rules {
		if t := sectionTitle(r.ID); t != title {
			if title != "" {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, t)
			title = t
		}
		fmt.Fprintf(w, "  %s  (%s, %s; %s)\n", r.ID, r.Class, r.Cloud, r.Source)
		for _, line := range wrap(r.Text, width-6) {
			fmt.Fprintf(w, "      %s\n", line)
		}
	}
	fmt.Fprintf(w, "\n%s. `enid explain ID` tells more of one.\n", plan.Count(len(rules), "rule"))
}
