package main

import (
	"context"
	"strings"

	"enid/plan"
	"enid/reconcile/repo"
	"enid/schema"
)

// attribute names for each step the place that asked for it, what left the files
// included, and the commit and author of the lines that changed there.
func (s *sides) attribute(ctx context.Context, steps []*plan.Step) error {
	var lines []repo.Line
	begin := make([]int, len(steps)+1)
	for i, step := range steps {
		lines = append(lines, s.linesOf(step)...)
		begin[i+1] = len(lines)
	}
	answers, err := s.of.Ask(ctx, lines)
	if err != nil {
		return err
	}
	by := map[plan.Ref]repo.Asked{}
	for i, step := range steps {
		for _, one := range answers[begin[i]:begin[i+1]] {
			if one.Commit != "" {
				by[step.Target] = one
				step.Source.Commit, step.Source.Author = one.Commit, one.Author
				break
			}
		}
	}
	for _, step := range steps { // what only makes another step possible is asked for with it
		if step.Source == nil || step.Source.Commit != "" {
			continue
		}
		one, ok := by[step.Target]
		if !ok && step.Serves != nil {
			one = by[step.Serves.Target]
		}
		step.Source.Commit, step.Source.Author = one.Commit, one.Author
	}
	return nil
}

// linesOf answers the lines that may have asked for a step, the likeliest first:
// those of the fields it changes, on both sides, then the document's own.
func (s *sides) linesOf(step *plan.Step) (lines []repo.Line) {
	now, was := s.after.Get(step.Target), s.before.Get(step.Target)
	if step.Source == nil && was != nil {
		step.Source = &plan.Source{File: was.Pos.File, Line: was.Pos.Line}
	}
	if step.Source == nil {
		return nil
	}
	add := func(t *topology, r *schema.Resource, path string) {
		if r == nil {
			return
		}
		first, last := r.FieldLines(path)
		file := strings.TrimPrefix(strings.TrimPrefix(r.Pos.File, t.rev.Root), "/")
		lines = append(lines, repo.Line{Path: file, Line: first, Until: last, Removed: t == s.before})
	}
	for _, c := range step.Changes {
		add(s.after, now, c.Path)
		add(s.before, was, c.Path)
	}
	add(s.after, now, "")
	add(s.before, was, "")
	return lines
}
