package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"enid/plan"
)

// A report is made of whole blocks. A block is taken only where it fits with all
// that closes it, and nothing is ever cut afterwards. Room is counted in bytes,
// which are no fewer than characters or UTF-16 units.

// leftRoom is kept for the line that says what a list left out.
const leftRoom = 400

// list is a section whose items are shown as far as there is room.
type list struct {
	open, end string // what stands before and after the items
	n         int
	// fold is how many items stand open where there are many; 0: all.
	fold int
	// item answers one of them, a short form of it where that is asked for.
	item func(i int, short bool) string
	// left says what the items from i on are: "3 more steps: 2 create, 1 update".
	left func(i int) string
}

// foldEnd closes what stands folded.
const foldEnd = "\n</details>\n"

// fit answers the section in at most room bytes; "" where not even its count fits.
func (l list) fit(room int) string {
	if l.n == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(l.open)
	end := l.end
	for i := range l.n {
		rest := room - b.Len() - len(end) - leftRoom
		if i == l.n-1 {
			rest += leftRoom
		}
		fold := ""
		if l.fold > 0 && i == l.fold && l.n > l.fold+2 {
			fold = "\n<details><summary>the other " + plan.Comma(l.n-i) + "</summary>\n\n"
			rest -= len(foldEnd)
		}
		item := fold + l.item(i, false)
		if len(item) > rest {
			item = fold + l.item(i, true)
		}
		if len(item) > rest {
			left := "\nand " + l.left(i) + "\n"
			if len(left) > rest+leftRoom {
				return ""
			}
			b.WriteString(left)
			break
		}
		if b.WriteString(item); fold != "" {
			end = foldEnd + l.end
		}
	}
	b.WriteString(end)
	return b.String()
}

// section is a part of a report: what it is called, and itself in a given room.
type section struct {
	name   string
	weight int // its share of the room, among those that are not empty
	fit    func(room int) string
}

// share answers the sections in the room, in their order. Those that weigh least
// choose first, so that what they leave is for the greater ones; what is left after
// all goes to whoever can use it. Names of sections that do not fit at all come back
// in left.
func share(room int, sections []section) (text string, left []string) {
	order := make([]int, len(sections))
	weights := 0
	for i, s := range sections {
		order[i] = i
		weights += s.weight
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sections[a].weight, sections[b].weight) })
	out := make([]string, len(sections))
	for _, i := range order {
		s := sections[i]
		out[i] = s.fit(room * s.weight / weights)
		room -= len(out[i])
		weights -= s.weight
	}
	for i, s := range sections {
		room += len(out[i])
		if out[i] = s.fit(room); out[i] == "" {
			left = append(left, s.name)
		}
		room -= len(out[i])
	}
	return strings.Join(out, ""), left
}

// tally answers how many there are of each word: "12 create, 3 update", by word.
func tally(words []string) string {
	counts := map[string]int{}
	for _, w := range words {
		counts[w]++
	}
	parts := []string{}
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %s", plan.Comma(counts[w]), w))
	}
	return strings.Join(parts, ", ")
}

// series answers "a", "a and b", "a, b and c".
func series(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
