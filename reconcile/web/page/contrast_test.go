package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pairs are the texts and marks that stand on a ground, as the style sheet has them;
// least is what WCAG 2.2 AA asks: 4.5 of text, 3 of what only has to be seen.
var pairs = []struct {
	on, ground string
	least      float64
}{
	{"ink", "page", 4.5}, {"ink", "card", 4.5}, {"ink", "code", 4.5}, {"dim", "page", 4.5}, {"dim", "card", 4.5}, {"dim", "code", 4.5},
	{"link", "page", 4.5}, {"link", "card", 4.5}, {"link", "blocked-f", 4.5}, {"dim", "bad-f", 4.5}, {"dim", "warn-f", 4.5},
	{"ink", "good-f", 4.5}, {"ink", "busy-f", 4.5}, {"ink", "warn-f", 4.5}, {"ink", "drift-f", 4.5}, {"ink", "blocked-f", 4.5}, {"ink", "bad-f", 4.5},
	{"good", "good-f", 4.5}, {"busy", "busy-f", 4.5}, {"warn", "warn-f", 4.5}, {"drift", "drift-f", 4.5}, {"blocked", "blocked-f", 4.5}, {"bad", "bad-f", 4.5},
	{"bad", "card", 4.5}, {"good", "card", 3}, {"focus", "page", 3}, {"focus", "card", 3}, {"focus", "blocked-f", 3}, {"edge", "card", 3},
}

var variable = regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{6});?`)

// themes answers the variables of a style sheet in light and in dark.
func themes(t *testing.T, css string) (light, dark map[string]string) {
	t.Helper()
	before, after, found := strings.Cut(css, "@media (prefers-color-scheme")
	if !found {
		t.Fatal("the style sheet knows no dark")
	}
	read := func(text string, from map[string]string) map[string]string {
		out := map[string]string{}
		for k, v := range from {
			out[k] = v
		}
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	light = read(before, nil)
	block, _, _ := strings.Cut(after, "\n\n")
	return light, read(block, light)
}

func TestContrast(t *testing.T) {
	css, err := assets.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := themes(t, string(css))
	for name, theme := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			if theme[p.on] == "" || theme[p.ground] == "" {
				t.Errorf("%s: there is no --%s or no --%s", name, p.on, p.ground)
			} else if c := contrast(t, theme[p.on], theme[p.ground]); c < p.least {
				t.Errorf("%s: --%s on --%s has a contrast of %.2f, wanted %.1f", name, p.on, p.ground, c, p.least)
			}
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	part := func(i int) float64 {
		n, err := strconv.ParseUint(colour[i:i+2], 16, 8)
		if err != nil {
			t.Fatalf("%q is no colour: %v", colour, err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(1) + 0.7152*part(3) + 0.0722*part(5)
}

// A colour that stands outside of the two blocks would escape the test above.
func TestColoursAreVariables(t *testing.T) {
	css, err := assets.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(css), "\n") {
		if rest := variable.ReplaceAllString(line, ""); regexp.MustCompile(`#[0-9a-f]{3,8}\b|rgb|hsl`).MatchString(rest) {
			t.Errorf("line %d: %s", i+1, line)
		}
	}
}

func TestContrastItself(t *testing.T) {
	if c := contrast(t, "#000000", "#ffffff"); c != 21 {
		t.Errorf("black on white: %v", c)
	}
	if c := contrast(t, "#777777", "#ffffff"); c >= 4.5 || c < 4.4 {
		t.Errorf("#777 on white: %v", c)
	}
}
