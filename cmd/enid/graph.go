package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	queries "enid/plan/query"
	"enid/plan/render"
	"enid/schema"
)

// drawing is what `enid graph` was asked for.
type drawing struct {
	format, out, dir, only string
	changed                bool
	most                   int
}

func (a *app) graphCommand() *cobra.Command {
	var d drawing
	c := &cobra.Command{
		Use:   "graph [PATH]",
		Short: "Draw the topology as nested boxes: SVG, mermaid or dot",
		Long: `graph draws the topology as boxes that lie in one another: account, region, VPC,
zone, subnet, instance, ENI with its addresses, and what belongs to each. It draws
what the state holds; with PATH, or --path, what the files in that folder ask for,
as if applied, with what differs from the state marked: + added, ~ changed,
− removed. Where the state is empty nothing is marked. --changed leaves only the
marked boxes and what they lie in, and counts the rest where it is missing.

The SVG follows the reader's preference for light or dark and needs nothing from
elsewhere. It goes to --out or to a pipe; on a terminal, mermaid is the default.
A topology of more than --most boxes is drawn from the outside in, the same share
of each box, and the rest counted. Policies and Approvals are not drawn.`,
		Example: `  enid graph --out network.svg
  enid graph topology --out network.svg
  enid graph topology --changed --format mermaid
  enid graph --only Instance/web-1 --out web-1.svg
  enid graph --format dot | dot -Tpdf -o network.pdf`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
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
	f.StringVar(&d.only, "only", "", "only KIND/NAME, what lies in it and what it is connected with")
	f.BoolVar(&d.changed, "changed", false, "only what differs between the state and the files")
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

// picture draws a topology, with what differs from before marked where that is
// not nil.
func (a *app) picture(before, after *schema.Topology, d drawing) error {
	o := queries.PictureOptions{Only: d.changed, Most: d.most}
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
	if err := draw(&b, g, d.format); err != nil {
		return err
	}
	if d.out != "" {
		return writeWhole(d.out, b.Bytes())
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
