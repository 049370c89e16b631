package render

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"enid/plan/query"
)

// luminance answers the relative luminance of "#rrggbb", as WCAG 2 has it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	linear := func(shift int) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

// contrast answers how two colours differ, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// TestContrast: text has 4.5 to 1 on every ground that it stands on, in light and in
// dark, and the border and the sign of a mark 3 to 1 (WCAG 2.1, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`svg\{(--[^}]*)\}`).FindAllStringSubmatch(strings.ReplaceAll(SVGStyle, "\n", ""), -1)
	if len(schemes) != 2 {
		t.Fatalf("%d schemes, not light and dark", len(schemes))
	}
	for i, scheme := range schemes {
		of := map[string]string{}
		for _, v := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`).FindAllStringSubmatch(scheme[1], -1) {
			of[v[1]] = v[2]
		}
		least := func(at float64, fore, ground string) {
			if of[fore] == "" || of[ground] == "" {
				t.Fatalf("%s or %s is no colour of the scheme", fore, ground)
			}
			if c := contrast(t, of[fore], of[ground]); c < at {
				t.Errorf("%s: %s on %s has %.2f to 1, less than %.1f", []string{"light", "dark"}[i], fore, ground, c, at)
			}
		}
		grounds := []string{"page", "net", "zone", "subnet", "host", "leaf"}
		for _, s := range signs {
			mark := string(s.mark)
			grounds = append(grounds, mark+"-f")
			least(3, mark, mark+"-f")
			least(3, mark, "page")
			least(4.5, "sign", mark)
		}
		for _, ground := range grounds {
			least(4.5, "ink", ground)
			least(4.5, "dim", ground)
		}
	}
}

// What mermaid's boxes of marks say is read on their own fill.
func TestMermaidContrast(t *testing.T) {
	for _, c := range mermaidClasses {
		of := map[string]string{}
		for _, pair := range strings.Split(c.style, ",") {
			name, value, _ := strings.Cut(pair, ":")
			of[name] = value
		}
		if text, border := contrast(t, of["color"], of["fill"]), contrast(t, of["stroke"], of["fill"]); text < 4.5 || border < 3 {
			t.Errorf("%s: text has %.2f to 1, the border %.2f", c.mark, text, border)
		}
	}
}

// Lines of a box with others in it are one where that fits, else none is cut short.
func TestLinesInFull(t *testing.T) {
	eni := &query.Node{ID: "ENI/a", Kind: "ENI", Title: "a", Lines: []string{"192.168.10.100", "192.168.10.101", "groups service", "was in Instance/proxy-1"}, Children: []*query.Node{{ID: "EIP/a", Kind: "EIP", Title: "a"}}}
	if b := measure(eni, nil); len(b.lines) != 4 {
		t.Errorf("%v", b.lines)
	}
	eni.Lines = eni.Lines[:2]
	if b := measure(eni, nil); len(b.lines) != 1 || b.lines[0].full != "192.168.10.100 · 192.168.10.101" {
		t.Errorf("%v", b.lines)
	}
}

// One long name does not widen the boxes beside it.
func TestLongName(t *testing.T) {
	g := townGraph(0)
	subnet := g.Roots[0].Children[0].Children[1].Children[0].Children[0]
	subnet.Children = nil
	for i := range 9 {
		n := *g.Roots[0]
		n.ID, n.Kind, n.Title, n.Children = "Volume/"+strconv.Itoa(i), "Volume", "data", nil
		if i == 4 {
			n.Title = strings.Repeat("w", 63)
		}
		subnet.Children = append(subnet.Children, &n)
	}
	for i, b := range measure(subnet, nil).children {
		if wide := b.w > leastWidth; wide != (i == 4) {
			t.Errorf("box %d is %d wide", i, b.w)
		}
	}
}
