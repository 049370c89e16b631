package render

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"enid/plan/query"
)

// hostileTitles is text that means something to mermaid, markdown, HTML or a terminal.
var hostileTitles = []string{
	"%%{init: {'theme':'dark'}}%%", `"]; click n1 "javascript:alert(1)"`, "end", "<img src=x onerror=alert(1)>", "```\n# out", "`**b**`",
	"@team #12 https://evil.example/a", "a\u202eb\x1b[31m", "- item", "1. item", "classDef x fill:#f00", "&lt;b&gt;", "#quot;", "日本語", "$$x^2$$", "",
}

func hostileGraph() *query.Graph {
	g := &query.Graph{}
	root := &query.Node{ID: "VPC/v", Kind: "VPC", Title: "v"}
	for i, text := range hostileTitles {
		inner := &query.Node{ID: fmt.Sprintf("ENI/%d", i), Kind: "ENI", Title: text, Lines: []string{text}}
		outer := &query.Node{ID: fmt.Sprintf("Instance/%d", i), Kind: "Instance", Title: text, Lines: []string{text}, Mark: query.Changed, Children: []*query.Node{inner}}
		root.Children = append(root.Children, outer)
		g.Edges = append(g.Edges, query.Edge{From: inner.ID, To: "Instance/0", Label: text, Mark: query.Removed})
	}
	g.Roots = []*query.Node{root}
	return g
}

// Every line is one of the six forms that the renderer writes; text from outside
// stands in quotes and has no character there that means anything.
var mermaidLine = regexp.MustCompile(`^(flowchart TB|` +
	` *subgraph n\d+\["LABEL"\]| *n\d+(_0)?\["LABEL"\]| *end|  n\d+ (---|-\.-)\|"LABEL"\| n\d+|` +
	`  classDef [a-z]+ [a-z0-9:#, -]+|  class n\d+(,n\d+)* [a-z]+)$`)

func mermaidForm() *regexp.Regexp {
	label := `([\pL\pN /.·-]|#\d+;|<br/>)*`
	return regexp.MustCompile(strings.ReplaceAll(mermaidLine.String(), "LABEL", label))
}

func TestMermaidIsInert(t *testing.T) {
	text, left := Mermaid(hostileGraph(), 0)
	if left != 0 {
		t.Errorf("%d nodes are left out", left)
	}
	form, depth := mermaidForm(), 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !form.MatchString(line) {
			t.Errorf("%q is of no form", line)
		}
		if strings.Contains(line, "subgraph ") {
			depth++
		}
		if strings.TrimSpace(line) == "end" {
			depth--
		}
	}
	if depth != 0 {
		t.Errorf("%d subgraphs are not ended", depth)
	}
	if strings.Contains(text, "n1 ---") {
		t.Error("a line goes from a box to one inside of it")
	}
}

func TestMermaidFits(t *testing.T) {
	g := hostileGraph()
	whole, _ := Mermaid(g, 0)
	nodes := 0
	g.Walk(func(*query.Node, *query.Node) { nodes++ })
	last := nodes + 1
	for most := 1; most <= len(whole)+50; most += 97 {
		text, left := Mermaid(g, most)
		if len(text) > most {
			t.Fatalf("%d bytes of at most %d", len(text), most)
		}
		if left > last {
			t.Errorf("of %d bytes more is left out than of fewer: %d after %d", most, left, last)
		}
		if drawn := regexp.MustCompile(`(?m)^ *(subgraph )?n\d+\["`).FindAllString(text, -1); text != "" &&
			len(drawn)-strings.Count(text, `["and `) != nodes-left {
			t.Errorf("of %d bytes: %d drawn, %d said to be left out of %d", most, len(drawn), left, nodes)
		}
		last = left
	}
}

// What a box says is no wider than what lies in it: mermaid draws it over others else.
func TestMermaidWide(t *testing.T) {
	n := &query.Node{ID: "ENI/a", Kind: "ENI", Title: "service", Mark: query.Changed, Lines: []string{"192.168.10.100", "groups service"}, Children: []*query.Node{{ID: "EIP/a", Kind: "EIP", Title: "a"}}}
	text, _ := Mermaid(&query.Graph{Roots: []*query.Node{n}}, 0)
	for _, want := range []string{`subgraph n1["ENI service #40;changed#41;"]`, `n1_0["192.168.10.100<br/>groups service"]`, `class n1 changed`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	for range 3 {
		n.Children = append(n.Children, n.Children[0])
	}
	if text, _ := Mermaid(&query.Graph{Roots: []*query.Node{n}}, 0); strings.Contains(text, "n1_0") {
		t.Errorf("there is room, and yet\n%s", text)
	}
}
