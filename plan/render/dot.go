package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"enid/plan/query"
)

// dotStyles are the attributes of marks.
var dotStyles = map[query.Mark]string{
	query.Added:   `color="#1a7f37",penwidth=2`,
	query.Changed: `color="#8a5a00",penwidth=2`,
	query.Removed: `color="#b3261e",penwidth=2,style=dashed`,
	query.Blocked: `color="#6a3fb5",penwidth=2`,
	query.Drifted: `color="#0b62b8",penwidth=2`,
}

// Dot writes the graph in graphviz's language: boxes with others in them are
// clusters, and a line to one of those goes to an invisible point within it.
func Dot(w io.Writer, g *query.Graph) error {
	d := &dot{Writer: bufio.NewWriter(w), ids: map[string]string{}, cluster: map[string]bool{}}
	fmt.Fprint(d, "graph enid {\n  compound=true;\n  graph [fontname=\"sans-serif\",fontsize=12,labeljust=l];\n"+
		"  node [shape=box,fontname=\"sans-serif\",fontsize=11];\n  edge [fontname=\"sans-serif\",fontsize=10];\n")
	for _, n := range g.Roots {
		d.node(n, "  ")
	}
	for _, e := range g.Edges {
		from, to := d.ids[e.From], d.ids[e.To]
		if from == "" || to == "" {
			continue
		}
		with := []string{"label=" + quoted(edgeLabel(e))}
		if d.cluster[e.From] {
			with = append(with, "ltail=cluster_"+from)
		}
		if d.cluster[e.To] {
			with = append(with, "lhead=cluster_"+to)
		}
		if style := dotStyles[e.Mark]; style != "" {
			with = append(with, style)
		}
		fmt.Fprintf(d, "  %s -- %s [%s];\n", from, to, strings.Join(with, ","))
	}
	fmt.Fprint(d, "}\n")
	if err := d.Flush(); err != nil {
		return fmt.Errorf("write the graph: %w", err)
	}
	return nil
}

type dot struct {
	*bufio.Writer
	ids     map[string]string // of nodes: n1, n2
	cluster map[string]bool
}

func (d *dot) node(n *query.Node, indent string) {
	id := fmt.Sprintf("n%d", len(d.ids)+1)
	d.ids[n.ID] = id
	text := quoted(append([]string{heading(n)}, n.Lines...)...)
	style := dotStyles[n.Mark]
	if len(n.Children) == 0 {
		if style != "" {
			style = "," + style
		}
		fmt.Fprintf(d, "%s%s [label=%s%s];\n", indent, id, text, style)
		return
	}
	d.cluster[n.ID] = true
	fmt.Fprintf(d, "%ssubgraph cluster_%s {\n%s  graph [label=%s", indent, id, indent, text)
	if style == "" {
		style = `color="#a9b4c0",penwidth=1,style=solid`
	} else if n.Mark != query.Removed {
		style += ",style=solid" // a cluster has the attributes of the one around it
	}
	fmt.Fprintf(d, ",%s];\n%s  %s [style=invis,shape=point];\n", style, indent, id)
	for _, c := range n.Children {
		d.node(c, indent+"  ")
	}
	fmt.Fprintf(d, "%s}\n", indent)
}

// quoted answers lines as one string of graphviz, aligned left; nothing in them
// is an escape of its.
func quoted(lines ...string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, l := range lines {
		if l = clip(l, maxName); i > 0 && l == "" {
			continue
		}
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(l))
		if len(lines) > 1 {
			b.WriteString(`\l`)
		}
	}
	b.WriteByte('"')
	return b.String()
}
