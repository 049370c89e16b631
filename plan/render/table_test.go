package render

import (
	"strings"
	"testing"
)

// Colours have no width: without them a coloured table is the plain one.
func TestTableColours(t *testing.T) {
	table := Table{Title: "Links", Head: []string{"NAME", "STATE", "BY"}, Most: 2, Rest: "ask for all",
		Rows: [][]string{{"eth0", "up", ""}, {"a-long-name", "down", "enid"}, {"eth2", "up", ""}}}
	draw := func(color bool) string {
		var b strings.Builder
		if err := Tables(&b, Options{Color: color}, table, Table{Title: "Nothing"}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain, coloured := draw(false), draw(true)
	if want := "Links\n  NAME         STATE  BY\n  eth0         up     -\n  a-long-name  down   enid\n  ... and 1 more; ask for all\n\nNothing\n"; plain != want {
		t.Errorf("%q, want %q", plain, want)
	}
	if !strings.Contains(coloured, "\x1b[33mdown\x1b[0m") {
		t.Errorf("%q", coloured)
	}
	for _, s := range []style{green, yellow, faint, bold, "0"} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+string(s)+"m", "")
	}
	if coloured != plain {
		t.Errorf("%q, want %q", coloured, plain)
	}
}
