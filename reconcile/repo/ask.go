package repo

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Line is a line, or a block of lines, that somebody wants explained.
type Line struct {
	Path    string // below the topology's folder, as the revision has it
	Line    int    // from 1, in After; 0 is the file as a whole
	Until   int    // the last line of a block; 0 is Line alone
	Removed bool   // Line is one of Before
}

// Asked is who asked for a line: one of the branch's own commits, or nobody.
type Asked struct {
	Commit          string // the full hash; empty where the branch did not change it
	Author, Subject string
}

// Ask answers for each line which commit of the branch changed it last: a line of
// After that Before has not, or one of Before that After has not. For a block, or
// a file as a whole, it is the newest of them.
//
// Two processes tell which files only one commit changed; that explains all of
// their lines. The others are blamed, at most two at a time. A line that a merge
// put together, and one whose history cannot be followed exactly, is nobody's.
func (x *Range) Ask(ctx context.Context, lines []Line) ([]Asked, error) {
	answers := make([]Asked, len(lines))
	if x.Commits == 0 || len(lines) == 0 {
		return answers, nil
	}
	q, err := x.questions(ctx)
	if err != nil {
		return nil, err
	}
	for i, l := range lines {
		q.ask(i, l)
	}
	if err := q.answer(ctx); err != nil {
		return nil, err
	}
	for i, place := range q.places {
		c := q.branch.commits[place]
		answers[i] = Asked{c.ID, c.Author, c.Subject}
	}
	return answers, nil
}

// questions is one Ask under way.
type questions struct {
	*Range
	branch *branch
	spans  map[file][]span // that differ, of the files of both sides
	files  map[file]*asked // to be blamed

	mu     sync.Mutex
	places map[int]int // of the commit that answers, by the line's index
}

// file is a file of one side, below the topology's folder.
type file struct {
	path    string
	removed bool
}

// asked is what is asked of a file: the indices of questions, by line.
type asked struct{ lines map[int][]int }

func (x *Range) questions(ctx context.Context) (*questions, error) {
	b, err := x.branch(ctx)
	if err != nil {
		return nil, err
	}
	q := &questions{Range: x, branch: b, spans: map[file][]span{}, files: map[file]*asked{}, places: map[int]int{}}
	differences, err := x.repo.differences(ctx, x.before.tree, x.after.tree)
	for _, d := range differences {
		was, is := file{d.old, true}, file{d.new, false}
		for _, h := range d.hunks {
			q.spans[was], q.spans[is] = append(q.spans[was], h.old), append(q.spans[is], h.new)
		}
	}
	return q, err
}

// settle notes a commit for a question; the newest stays.
func (q *questions) settle(i, place int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if known, ok := q.places[i]; !ok || place < known {
		q.places[i] = place
	}
}

// ask answers a question at once where one commit explains the file, and notes
// it for blame otherwise.
func (q *questions) ask(i int, l Line) {
	touched := q.branch.touched(q.below(l.Path))
	if l.Line == 0 {
		if len(touched) > 0 {
			q.settle(i, touched[0])
		}
		return
	}
	for _, n := range q.changed(l) {
		// Between trees that are compared as they are, BASE's own changes show too.
		if len(touched) == 1 && (!q.Direct || q.MergeBase.ID == q.Base.ID) {
			q.settle(i, touched[0])
			return
		}
		f := file{l.Path, l.Removed}
		if q.files[f] == nil {
			q.files[f] = &asked{lines: map[int][]int{}}
		}
		q.files[f].lines[n] = append(q.files[f].lines[n], i)
	}
}

// changed answers those lines of a block that differ between the sides.
func (q *questions) changed(l Line) (changed []int) {
	for _, s := range q.spans[file{l.Path, l.Removed}] {
		from, to := s.within(l.Line, max(l.Line, l.Until))
		for n := from; n <= to; n++ {
			changed = append(changed, n)
		}
	}
	return changed
}

// answer blames the files that more than one commit changed.
func (q *questions) answer(ctx context.Context) error {
	var added, removed []file
	for f := range q.files {
		if f.removed {
			removed = append(removed, f)
		} else {
			added = append(added, f)
		}
	}
	blames, err := q.blameAdded(ctx, added)
	if err != nil {
		return err
	}
	more, err := q.blameRemoved(ctx, removed)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, blame := range append(blames, more...) {
		group.Go(func() error { return blame(ctx) })
	}
	return group.Wait()
}

// blaming asks git about one file.
type blaming func(ctx context.Context) error

// settleLines notes the commits that answer for lines of a file.
func (q *questions) settleLines(f file, found map[int]int) {
	for line, place := range found {
		for _, i := range q.files[f].lines[line] {
			q.settle(i, place)
		}
	}
}

// numbers are the lines of a file that are asked for, sorted.
func (q *questions) numbers(f file) (lines []int) {
	for n := range q.files[f].lines {
		lines = append(lines, n)
	}
	slices.Sort(lines)
	return lines
}
