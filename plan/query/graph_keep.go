package query

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// Within answers the graph with at most most nodes, More nodes apart: those with
// a mark and what they lie in first, then the outer before the inner, and of
// each container the same share.
func (g *Graph) Within(most int) *Graph {
	type candidate struct {
		*Node
		tier, depth, index, order int
	}
	var all []candidate
	pinned := marked(g)
	var down func(nodes []*Node, depth int)
	down = func(nodes []*Node, depth int) {
		for i, n := range nodes {
			if n.Kind == MoreNode {
				continue
			}
			c := candidate{n, 1, depth, i, len(all)}
			if pinned[n.ID] {
				c.tier = 0
			}
			all = append(all, c)
			down(n.Children, depth+1)
		}
	}
	down(g.Roots, 0)
	if len(all) <= most {
		return g
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.tier-b.tier, a.depth-b.depth, a.index-b.index, a.order-b.order)
	})
	keep := map[string]bool{}
	for _, c := range all[:max(0, most)] {
		keep[c.ID] = true // an ancestor is of the same tier or a lower one, and less deep
	}
	return g.cut(keep)
}

// cut answers the graph with these nodes only, which are closed upwards. What is
// left out of a container is counted there.
func (g *Graph) cut(keep map[string]bool) *Graph {
	out := &Graph{Omitted: g.Omitted}
	out.Roots = out.pruned("", g.Roots, keep)
	for _, e := range g.Edges {
		if keep[e.From] && keep[e.To] {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}

func (g *Graph) pruned(container string, nodes []*Node, keep map[string]bool) (out []*Node) {
	rest := map[string]int{}
	var count func(n *Node)
	count = func(n *Node) {
		if n.Kind == MoreNode {
			for kind, k := range n.rest {
				rest[kind] += k
			}
			return
		}
		rest[n.Kind]++
		g.Omitted++
		for _, c := range n.Children {
			count(c)
		}
	}
	for _, n := range nodes {
		if !keep[n.ID] {
			count(n)
			continue
		}
		c := *n
		c.Children = g.pruned(n.ID, n.Children, keep)
		out = append(out, &c)
	}
	if len(rest) > 0 {
		out = append(out, more(container, rest))
	}
	return out
}

// more is the node that says what was left out: "and 940 more instances".
func more(container string, rest map[string]int) *Node {
	n := &Node{ID: strings.TrimPrefix(container+"#more", "#"), Kind: MoreNode, rest: rest}
	kinds := slices.Collect(maps.Keys(rest))
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Or(ranks[b]-ranks[a], strings.Compare(a, b)) })
	if len(kinds) == 1 {
		n.Title = "and " + plan.Count(rest[kinds[0]], "more "+kindWord(kinds[0]))
		return n
	}
	total := 0
	for _, k := range kinds {
		total += rest[k]
		n.Lines = append(n.Lines, plan.Count(rest[k], kindWord(k)))
	}
	n.Title = fmt.Sprintf("and %d more", total)
	return n
}

// kindWord answers a kind in the middle of a sentence: abbreviations as they are.
func kindWord(kind string) string {
	switch kind {
	case "ENI", "EIP", "VPC":
		return kind
	case "VPCEndpoint":
		return "VPC endpoint"
	}
	var b strings.Builder
	for i, r := range kind {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// marked answers the nodes with a mark, the ends of marked edges, and all that
// they lie in.
func marked(g *Graph) map[string]bool {
	seeds := map[string]bool{}
	for _, e := range g.Edges {
		if e.Mark != Unmarked {
			seeds[e.From], seeds[e.To] = true, true
		}
	}
	g.Walk(func(n, _ *Node) {
		if n.Mark != Unmarked {
			seeds[n.ID] = true
		}
	})
	return g.upwards(seeds)
}

// upwards adds what the nodes lie in.
func (g *Graph) upwards(seeds map[string]bool) map[string]bool {
	var up func(nodes []*Node) bool
	up = func(nodes []*Node) (some bool) {
		for _, n := range nodes {
			if up(n.Children) || seeds[n.ID] {
				seeds[n.ID], some = true, true
			}
		}
		return some
	}
	up(g.Roots)
	return seeds
}

// around answers a resource's node with what lies in it, what it names and what
// names it, and all that these lie in.
func (p *picture) around(g *Graph, ref schema.Ref) map[string]bool {
	seeds := map[string]bool{ref.String(): true}
	for _, t := range []*schema.Topology{p.before, p.after} {
		if t == nil {
			continue
		}
		if r := t.Get(ref); r != nil {
			for _, f := range r.Spec.References() {
				seeds[f.Ref.String()] = true
			}
		}
		for _, r := range t.Resources() {
			for _, f := range r.Spec.References() {
				if f.Ref == ref {
					seeds[r.String()] = true
				}
			}
		}
	}
	for _, e := range g.Edges {
		switch id := ref.String(); {
		case e.From == id, e.To == id, e.Label == id:
			seeds[e.From], seeds[e.To] = true, true
		}
	}
	inside := map[string]bool{ref.String(): true}
	g.Walk(func(n, up *Node) {
		if up != nil && inside[up.ID] {
			inside[n.ID], seeds[n.ID] = true, true
		}
	})
	return g.upwards(seeds)
}
