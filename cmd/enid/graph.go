package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	queries "enid/plan/query"
	"enid/plan/render"
	"enid/reconcile/repo"
	"enid/schema"
)

// drawing is what `enid graph` was asked for.
type drawing struct {
	format, out, dir, only string
	spec, repo             string // revisions, and where they are
	changed, direct        bool
	most                   int
	marks                  map[schema.Ref]queries.Mark // that no comparison finds
}

func (a *app) graphCommand() *cobra.Command {
	var d drawing
	c := &cobra.Command{
		Use:   "graph [PATH | BASE..HEAD]",
		Short: "Draw the topology as nested boxes: SVG, mermaid or dot",
		Long: `graph draws the topology as boxes that lie in one another: account, region, VPC,
zone, subnet, instance, ENI with its addresses, and what belongs to each. It draws
what the state holds; with PATH, or --path, what the files in that folder ask for,
as if applied, with what differs from the state marked: + added, ~ changed,
− removed. Where the state is empty nothing is marked. With BASE..HEAD it draws what
merging HEAD into BASE leads to, as "enid diff" has it, marked against BASE, ! for
what is blocked; --path is the topology's folder in the repository then. --changed
leaves only the marked boxes and what they lie in, and counts the rest where it is
missing.

The SVG follows the reader's preference for light or dark and needs nothing from
elsewhere. It goes to --out or to a pipe; on a terminal, mermaid is the default.
A topology of more than --most boxes is drawn from the outside in, the same share
of each box, and the rest counted. Policies and Approvals are not drawn.`,
		Example: `  enid graph --out network.svg
  enid graph topology --out network.svg
  enid graph topology --changed --format mermaid
  enid graph origin/main..feature --out change.svg
  enid graph --only Instance/web-1 --out web-1.svg
  enid graph --format dot | dot -Tpdf -o network.pdf`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && isRange(args[0]) {
				d.spec = args[0]
				return a.graph(c.Context(), d)
			}
			if c.Flags().Changed("repo") || d.direct {
				return errors.New("--repo and --direct are for two revisions; give them, as in: enid graph origin/main..feature")
			}
			if len(args) == 1 {
				if d.dir != "" {
					return errors.New("PATH and --path are the same; give one of them")
				}
				d.dir = args[0]
			}
			return a.graph(c.Context(), d)
		},
	}
	f := c.Flags()
	f.StringVarP(&d.format, "format", "o", "", "svg, mermaid or dot (default svg; mermaid on a terminal)")
	f.StringVar(&d.out, "out", "", "write to that file")
	f.StringVar(&d.dir, "path", "", "draw the files in that folder, as if applied, not the state")
	f.StringVar(&d.repo, "repo", ".", "the repository of BASE..HEAD: a folder in its work tree, or a bare one")
	f.BoolVar(&d.direct, "direct", false, "compare BASE and HEAD as they are, without merging")
	f.StringVar(&d.only, "only", "", "only KIND/NAME, what lies in it and what it is connected with")
	f.BoolVar(&d.changed, "changed", false, "only what differs between the state and the files, or the revisions")
	f.IntVar(&d.most, "most", queries.DefaultMost, "the most boxes that are drawn, those with a mark first")
	return c
}

func (a *app) graph(ctx context.Context, d drawing) error {
	if d.format == "" {
		d.format = "svg"
		if d.out == "" && terminal(a.out) {
			d.format = "mermaid"
		}
	}
	if err := oneOf("format", d.format, "svg", "mermaid", "dot"); err != nil {
		return err
	}
	if d.most < 1 {
		return fmt.Errorf("--most %d: give 1 or more", d.most)
	}
	if d.spec != "" {
		return a.graphRevisions(ctx, d)
	}
	if d.changed && d.dir == "" {
		return errors.New("--changed marks what differs between the state and files; give the folder of the files, as in: enid graph topology --changed")
	}
	var before *schema.Topology
	after, err := a.asked(ctx, d.dir)
	if err != nil {
		return err
	}
	if d.dir != "" {
		if before, err = a.asked(ctx, ""); err != nil {
			return err
		}
		if len(before.Resources()) == 0 && !d.changed {
			before = nil
		}
	}
	return a.picture(before, after, d)
}

// isRange reports whether the argument is two revisions. No name of a revision has
// two dots, and in a path they are a name of their own.
func isRange(arg string) bool {
	return strings.Contains(arg, "..") && !slices.Contains(strings.Split(filepath.ToSlash(arg), "/"), "..")
}

// graphRevisions draws what diff compares.
func (a *app) graphRevisions(ctx context.Context, d drawing) error {
	r, err := repo.Open(ctx, d.repo, d.dir)
	if err != nil {
		return err
	}
	defer r.Close()
	x, err := r.Range(ctx, d.spec, d.direct)
	if err != nil {
		return err
	}
	s, err := a.sides(ctx, x, diffFlags{})
	if err != nil {
		return err
	}
	at, err := parseAt("")
	if err != nil {
		return err
	}
	c, err := a.comparison(ctx, s, at, diffFlags{})
	if err != nil {
		return err
	}
	d.marks = marksOf(c.Plan)
	return a.picture(resourcesOf(c.Before), asApplied(s.after.Topology, c.After), d)
}

// picture draws a topology, with what differs from before marked where that is
// not nil.
func (a *app) picture(before, after *schema.Topology, d drawing) error {
	o := queries.PictureOptions{Only: d.changed, Most: d.most, Marks: d.marks}
	if d.only != "" {
		if err := o.Around.UnmarshalText([]byte(d.only)); err != nil {
			return fmt.Errorf("--only: %w", err)
		}
		kind, err := kindNamed(string(o.Around.Kind))
		if err != nil {
			return fmt.Errorf("--only: %w", err)
		}
		o.Around.Kind = kind
		if !slices.ContainsFunc([]*schema.Topology{before, after}, func(t *schema.Topology) bool { return t != nil && t.Get(o.Around) != nil }) {
			return fmt.Errorf("--only: there is no %s", render.Inert(o.Around.String()))
		}
	}
	var b bytes.Buffer
	g := queries.Picture(before, after, o)
	if d.changed && !g.Marked() {
		g.Roots = []*queries.Node{{ID: "none", Kind: queries.MoreNode, Title: "Nothing differs: there is nothing to mark."}}
	}
	if err := draw(&b, g, d.format); err != nil {
		return err
	}
	if d.out != "" {
		return writeWhole(d.out, b.Bytes(), 0o644)
	}
	_, err := a.out.Write(b.Bytes())
	return err
}

func draw(b *bytes.Buffer, g *queries.Graph, format string) error {
	switch format {
	case "mermaid":
		text, _ := render.Mermaid(g, 0)
		b.WriteString(text)
		return nil
	case "dot":
		return render.Dot(b, g)
	}
	return render.SVG(b, g)
}
