package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"enid/plan/query"
)

// townGraph is a network of many sorts of boxes: long names, wide runes, marks.
func townGraph(instances int) *query.Graph {
	region := &query.Node{ID: "Region/r", Kind: query.RegionNode, Title: "r"}
	account := &query.Node{ID: "Account/a", Kind: "Account", Title: "main", Children: []*query.Node{region}}
	g := &query.Graph{Roots: []*query.Node{account}, Edges: []query.Edge{{From: "VPC/0", To: "VPC/1", Label: "Peering/0-1", Mark: query.Added}}}
	marks := []query.Mark{"", "", "", query.Added, query.Removed, query.Changed, query.Blocked, query.Drifted}
	titles := []string{"web", strings.Repeat("w", 63), "数据库数据库数据库数据库数据库数据库数据库", strings.Repeat("MW", 40)}
	for v := range 3 {
		vpc := &query.Node{ID: fmt.Sprintf("VPC/%d", v), Kind: "VPC", Title: titles[v], Lines: []string{"10.0.0.0/16", "2001:db8:1234:5600::/56"}}
		region.Children = append(region.Children, &query.Node{ID: fmt.Sprintf("EIP/%d", v), Kind: "EIP", Title: "spare"}, vpc)
		subnet := &query.Node{ID: fmt.Sprintf("Subnet/%d", v), Kind: "Subnet", Title: titles[3-v], Mark: marks[v]}
		vpc.Children = []*query.Node{{ID: fmt.Sprintf("Zone/%d", v), Kind: query.ZoneNode, Title: "b", Children: []*query.Node{subnet}}}
		for i := range instances * v {
			n := &query.Node{ID: fmt.Sprintf("Instance/%d-%d", v, i), Kind: "Instance", Title: titles[i%4], Mark: marks[i%8], Lines: []string{"ecs.g5.2xlarge"}}
			for e := range i % 5 {
				n.Children = append(n.Children, &query.Node{ID: fmt.Sprintf("%s/%d", n.ID, e), Kind: "ENI", Title: titles[e%4], Mark: marks[(i+e)%8],
					Lines: []string{"2001:db8:1234:5678:9abc:def0:1234:5678", "10.0.0.1"}})
			}
			subnet.Children = append(subnet.Children, n)
		}
	}
	return g
}

// Boxes lie within the one around them, do not overlap, and hold their text.
func TestLayout(t *testing.T) {
	for name, g := range map[string]*query.Graph{"town": townGraph(30), "hostile": hostileGraph()} {
		var check func(b *box)
		check = func(b *box) {
			for i, c := range b.children {
				if c.x < b.x+padding || c.x+c.w > b.x+b.w-padding || c.y < b.y+padding || c.y+c.h > b.y+b.h-padding {
					t.Errorf("%s: %s (%d,%d %dx%d) sticks out of %s (%d,%d %dx%d)", name, c.node.ID, c.x, c.y, c.w, c.h, b.node.ID, b.x, b.y, b.w, b.h)
				}
				if len(b.node.ID) > 0 && c.y < b.y+b.head() {
					t.Errorf("%s: %s lies over the text of %s", name, c.node.ID, b.node.ID)
				}
				if c.head() > c.h {
					t.Errorf("%s: the lines of %s do not fit into it", name, c.node.ID)
				}
				for _, d := range b.children[:i] {
					if c.x < d.x+d.w && d.x < c.x+c.w && c.y < d.y+d.h && d.y < c.y+c.h {
						t.Errorf("%s: %s overlaps %s", name, c.node.ID, d.node.ID)
					}
				}
				check(c)
			}
		}
		check(layout(g))
	}
}

func TestShortened(t *testing.T) {
	for _, s := range append([]string{strings.Repeat("w", 63), strings.Repeat("界", 40), "10.0.0.1"}, hostileTitles...) {
		for room := 20; room < 400; room += 7 {
			if got := shortened(s, titleSize, room); measured(got, titleSize) > room {
				t.Errorf("%q in %d pixels is %q, which takes %d", s, room, got, measured(got, titleSize))
			} else if measured(s, titleSize) <= room && got != s {
				t.Errorf("%q fits into %d pixels and is %q", s, room, got)
			}
		}
	}
}

// The picture is XML of a few elements that do nothing, the same for the same graph.
func TestSVG(t *testing.T) {
	for name, g := range map[string]*query.Graph{"town": townGraph(5), "hostile": hostileGraph(), "empty": {}} {
		var a, b bytes.Buffer
		if err := SVG(&a, g); err != nil {
			t.Fatal(err)
		}
		if err := SVG(&b, g); err != nil || a.String() != b.String() {
			t.Errorf("%s: drawn twice, it differs (%v)", name, err)
		}
		read := xml.NewDecoder(&b)
		for {
			token, err := read.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			at, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if !regexp.MustCompile(`^(svg|title|desc|style|g|rect|text|tspan)$`).MatchString(at.Name.Local) {
				t.Errorf("%s: there is a <%s>", name, at.Name.Local)
			}
			for _, attribute := range at.Attr {
				if strings.HasPrefix(attribute.Name.Local, "on") || strings.Contains(attribute.Name.Local, "href") {
					t.Errorf("%s: <%s> has %s", name, at.Name.Local, attribute.Name.Local)
				}
			}
		}
	}
}

// A sign says each mark besides its colour, and the legend says what it means.
func TestSVGSigns(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, townGraph(10)); err != nil {
		t.Fatal(err)
	}
	for _, s := range signs {
		if strings.Count(b.String(), `>`+s.sign+`</text>`) < 2 || !strings.Contains(b.String(), `>`+string(s.mark)+`</text>`) {
			t.Errorf("%s is not explained", s.mark)
		}
	}
	plain := &query.Graph{Roots: []*query.Node{{ID: "VPC/a", Kind: "VPC", Title: "a"}}}
	b.Reset()
	if err := SVG(&b, plain); err != nil || strings.Contains(b.String(), `class="s `) {
		t.Errorf("without marks there is a sign (%v)", err)
	}
}

// Strings of dot hold no quote that would end them.
func TestDot(t *testing.T) {
	var b bytes.Buffer
	if err := Dot(&b, hostileGraph()); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`"([^"\\]|\\.)*"`).ReplaceAllString(b.String(), "S")
	if !regexp.MustCompile(`^[A-Za-z0-9_ \n=,;{}\[\]S-]*$`).MatchString(text) || strings.Count(text, "{") != strings.Count(text, "}") {
		t.Errorf("outside of strings there is\n%s", text)
	}
}
