package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/reconcile/store"
	"enid/schema"
)

// stateRecord is all that the state knows of one resource.
type stateRecord struct {
	Format   string          `json:"format"`
	Resource json.RawMessage `json:"resource"` // null: only steps are known of it
	// Touched are the newest steps on it, newest first.
	Touched   []touch        `json:"touched"`
	Uncertain []store.Intent `json:"uncertain"`
	Held      []store.Hold   `json:"held"`
}

// touch is a step on a resource, with the revision that it belongs to.
type touch struct {
	Serial uint64     `json:"serial"`
	Commit string     `json:"commit"`
	Author string     `json:"author,omitempty"`
	Step   store.Step `json:"step"`
}

// maxTouched is how many steps on a resource are shown, and maxSearched in how
// many revisions they are looked for: each is read from the disk.
const (
	maxTouched  = 10
	maxSearched = 100
)

func (a *app) stateShowCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "show KIND/NAME",
		Short: "Show one record with its status, and which revisions touched it",
		Long: fmt.Sprintf(`show prints a resource as the state holds it, as a YAML document, with comments
about the revisions whose steps were on it (the newest %d steps of the newest %d
revisions), and about what is uncertain or held.`, maxTouched, maxSearched),
		Example: "  enid state show ENI/web-1-b\n  enid state show EIP/web -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "yaml", "json"); err != nil {
				return err
			}
			ref, err := refNamed(args[0])
			if err != nil {
				return err
			}
			return a.stateShow(c.Context(), ref, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "yaml", "yaml or json")
	return c
}

// refNamed reads KIND/NAME; the kind in any case, plural or not.
func refNamed(text string) (ref schema.Ref, err error) {
	if err := ref.UnmarshalText([]byte(text)); err != nil {
		return ref, err
	}
	ref.Kind, err = kindNamed(string(ref.Kind))
	return ref, err
}

func (a *app) stateShow(ctx context.Context, ref schema.Ref, format string) error {
	state, err := a.readState(ctx)
	if err != nil {
		return err
	}
	r, record := recordOf(state, ref)
	if r == nil && len(record.Uncertain)+len(record.Held) == 0 {
		return fmt.Errorf("%s: %w", ref, store.ErrAbsent)
	}
	if record.Touched, err = a.touches(ctx, ref); err != nil {
		return err
	}
	if format == "json" {
		if r != nil {
			if record.Resource, err = schema.Encode(r); err != nil {
				return err
			}
		}
		return render.JSON(a.out, record)
	}
	doc := []byte("# It is not in the state.\n")
	if r != nil {
		if doc, err = schema.ToYAML(r); err != nil {
			return err
		}
	}
	if _, err = fmt.Fprintf(a.out, "%s%s", doc, record.comments()); err != nil {
		return fmt.Errorf("print the record: %w", err)
	}
	return nil
}

// recordOf answers the resource, nil where it is not there, and what is noted of it.
func recordOf(state *store.State, ref schema.Ref) (r *schema.Resource, record stateRecord) {
	record = stateRecord{Format: "enid.state-record/v1", Resource: json.RawMessage("null"), Uncertain: []store.Intent{}, Held: []store.Hold{}}
	if i := slices.IndexFunc(state.Resources, func(r *schema.Resource) bool { return r.Ref == ref }); i >= 0 {
		r = state.Resources[i]
	}
	for _, i := range state.Intents {
		if i.Target == ref {
			record.Uncertain = append(record.Uncertain, i)
		}
	}
	for _, h := range state.Holds {
		if h.Target == ref {
			record.Held = append(record.Held, h)
		}
	}
	return r, record
}

// touches answers the newest steps on a resource, newest first.
func (a *app) touches(ctx context.Context, ref schema.Ref) ([]touch, error) {
	history, err := a.readHistory(ctx)
	if err != nil {
		return nil, err
	}
	found := []touch{}
	for _, revision := range history[:min(len(history), maxSearched)] {
		d, err := a.readRevision(ctx, revision.Serial)
		if err != nil {
			return nil, err
		}
		for _, s := range slices.Backward(d.Tried) {
			if s.Target == ref {
				found = append(found, touch{d.Serial, d.Commit, d.Author, s})
			}
		}
		if len(found) >= maxTouched {
			return found[:maxTouched], nil
		}
	}
	return found, nil
}

// comments answers what is known besides the document, as YAML comments.
func (r stateRecord) comments() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString("# " + render.Inert(fmt.Sprintf(format, args...)) + "\n")
	}
	for _, i := range r.Uncertain {
		line("uncertain: %s, begun at %s; settle it with `enid state resolve %s --done` or --not-done", i.Operation, i.At.UTC().Format(time.RFC3339), i.Target)
	}
	for _, h := range r.Held {
		line("held: %s failed %s, last at %s: %s", h.Op, times(h.Attempts), h.At.UTC().Format(time.RFC3339), h.Message)
	}
	for _, t := range r.Touched {
		what := t.Step.Operation
		switch {
		case t.Step.Failed:
			what += " failed: " + t.Step.Message
		case t.Step.Message != "":
			what += ": " + t.Step.Message
		}
		line("serial %d, %s, commit %s: %s", t.Serial, t.Step.At.UTC().Format(time.RFC3339), render.Short(t.Commit), what)
	}
	return b.String()
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
