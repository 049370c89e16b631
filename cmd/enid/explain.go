package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/schema"
)

// explanation is all that goes by a name, as enid.explain/v1.
type explanation struct {
	Format     string               `json:"format"`
	Name       string               `json:"name"`
	Rules      []ruleExplained      `json:"rules,omitempty"`
	Operations []operationExplained `json:"operations,omitempty"`
	Class      *classExplained      `json:"class,omitempty"`
	Step       *stepExplained       `json:"step,omitempty"`
	Field      *schema.FieldDoc     `json:"field,omitempty"`
	Type       *typeExplained       `json:"type,omitempty"`
}

// empty reports whether nothing goes by the name.
func (e *explanation) empty() bool {
	return len(e.Rules) == 0 && len(e.Operations) == 0 && e.Class == nil && e.Step == nil && e.Field == nil && e.Type == nil
}

// stepSource says where to look a step up: a saved plan, a folder to plan again
// from or, with neither, the revision that was applied last.
type stepSource struct{ file, dir string }

func (a *app) explainCommand() *cobra.Command {
	var format string
	var from stepSource
	c := &cobra.Command{
		Use:   "explain RULE | OPERATION | STEP | KIND[.FIELD] | CODE | CLASS | type NAME",
		Short: "Explain a rule, an operation, a step of a plan, a field or an instance type",
		Long: `explain tells what is known of a name. Where it means several things, all are told.

  RULE       an id such as eni.attach.status: the rule, its class, source and note, the
             cloud's error code, the operations that it can block and what to do then
  OPERATION  a cloud's name such as AttachNetworkInterface, a host verb such as AddRule,
             or a row such as eni.attach: what it changes, what it requires, what comes
             with it, whether it can be undone
  STEP       s3 or h1: a step of the revision that was applied last; with --plan FILE of
             a saved plan, with --path DIR of the plan that would be made from there now
  KIND.FIELD eni.spec.guest: the type, default and meaning of a field
  CODE       a cloud's error code such as IncorrectEipStatus: the rules behind it
  CLASS      irreversible, advice ...: what such rules do, and which there are
  type NAME  an instance type such as c5.large: family, generation, and how many
             ENIs, addresses and queues it has

It exits 0, or 1 where nothing goes by that name.`,
		Example: `  enid explain eni.attach.status
  enid explain classic.no-vpc-features      # with the table of what each network can do
  enid explain ConvertNatPublicIpToEip
  enid explain s3 --path topology
  enid explain eni.spec.guest
  enid explain InvalidOperation.VpcMismatch
  enid explain type c5.large`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeRules,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if from.file != "" && from.dir != "" {
				return errors.New("give one of --plan and --path")
			}
			e, err := a.explain(c.Context(), args, from)
			if err != nil {
				return err
			}
			if format == "json" {
				return render.JSON(a.out, e)
			}
			p := &paper{width: a.width()}
			e.write(p)
			_, err = a.out.Write(p.Bytes())
			return err
		},
	}
	f := c.Flags()
	f.StringVarP(&format, "format", "o", "text", "text or json")
	f.StringVar(&from.file, "plan", "", "look the step up in that saved plan")
	f.StringVar(&from.dir, "path", "", "look the step up in the plan that would be made from that folder now")
	return c
}

var stepName = regexp.MustCompile(`^[sh][0-9]+$`)

// explain answers all that goes by a name.
func (a *app) explain(ctx context.Context, args []string, from stepSource) (*explanation, error) {
	e := &explanation{Format: "enid.explain/v1", Name: strings.Join(args, " ")}
	c, err := readCases()
	if err != nil {
		return nil, err
	}
	name := args[0]
	switch {
	case len(args) == 2 && name == "type":
		e.Type, err = explainType(args[1])
		return e, err
	case len(args) == 2:
		return nil, fmt.Errorf("%q: give one name, or `type NAME`", e.Name)
	case name == "type":
		return nil, errors.New("give the type's name too: enid explain type c5.large")
	case stepName.MatchString(name):
		e.Step, err = a.explainStep(ctx, name, from, c)
		return e, err
	}
	for _, r := range catalogue() {
		if r.ID == name || r.Code != "" && strings.EqualFold(r.Code, name) || raises(r.ID, name) {
			e.Rules = append(e.Rules, explainRule(r, c))
		}
	}
	for _, op := range operationsNamed(name, c) {
		e.Operations = append(e.Operations, explainOperation(op, c))
	}
	e.Class = explainClass(name)
	field, err := schema.Field(name)
	switch {
	case err == nil:
		e.Field = &field
	case e.empty():
		return nil, unknown(name, err, c)
	}
	return e, nil
}

// raises reports whether an operation answers the cloud's error code where the
// rule is broken.
func raises(rule, code string) bool {
	for _, op := range requiring(rule) {
		for _, r := range requirementsOf(op) {
			for _, known := range r.Codes {
				if r.Rule == rule && slices.ContainsFunc(strings.Split(known, ", "), func(one string) bool { return strings.EqualFold(one, code) }) {
					return true
				}
			}
		}
	}
	return false
}

// unknown answers the error for a name that means nothing, with what may be meant.
// One that begins with a kind and is like no rule or operation is meant as a field.
func unknown(name string, field error, c cases) error {
	names := append(ruleIDs(), classNames()...)
	for _, op := range allOperations() {
		names = append(names, append(namesOf(op, c).all(), op.ID)...)
	}
	for _, k := range kindNames() {
		names = append(names, strings.ToLower(k))
	}
	near := suggest(name, names)
	if first, _, dotted := strings.Cut(name, "."); dotted && near == "" {
		if _, ok := schema.KindNamed(first); ok {
			return field
		}
	}
	if near != "" {
		return fmt.Errorf("nothing goes by %q%s", name, near)
	}
	return fmt.Errorf("nothing goes by %q; `enid rules` lists the rules, `enid help explain` tells what else has a name", name)
}

// suggest answers `: did you mean X?` for the name that begins and ends most like
// what was typed, "" where none is like it.
func suggest(typed string, names []string) string {
	best, most := "", (len(typed)+1)/2
	for _, name := range names {
		if n := alike(strings.ToLower(typed), strings.ToLower(name)); n > most {
			best, most = name, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// alike counts the characters that two words begin and end with in common, less
// what the longer one has more.
func alike(a, b string) int {
	short := min(len(a), len(b))
	head := 0
	for head < short && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < short-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head + tail - (max(len(a), len(b))-short)/2
}
