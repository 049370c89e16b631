package main

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/repo"
	"enid/schema"
)

// sides are two revisions of a topology, both valid.
type sides struct {
	of            *repo.Range
	change        *render.Change
	before, after *topology
}

// sides reads both revisions. One that does not validate is an error, after all its
// findings were shown: of HEAD as the format has it, for they are what the pull
// request is about.
func (a *app) sides(ctx context.Context, x *repo.Range, flags diffFlags) (*sides, error) {
	s := &sides{of: x, change: changeOf(x)}
	var cache reconcile.Cache
	before, err := x.Before(ctx)
	if err != nil {
		return nil, err
	}
	if s.before, err = a.side(ctx, before, &cache, flags); err != nil {
		return nil, err
	}
	if schema.Invalid(s.before.findings) {
		a.showFindings(a.err, s.before.findings, s.before.open)
		if flags.format == "markdown" {
			fmt.Fprint(a.out, render.MarkdownBase(s.change, s.before.findings, 0))
		}
		return nil, fmt.Errorf("%s, which is taken as applied, does not validate: %s", nameOf(x.Base), countFindings(s.before.findings))
	}
	after, err := x.After(ctx)
	if err != nil {
		return nil, err
	}
	if s.after, err = a.side(ctx, after, &cache, flags); err != nil {
		return nil, err
	}
	s.change.Files = len(x.Changed())
	if schema.Invalid(s.after.findings) {
		return nil, a.refuse(s, flags.format)
	}
	return s, nil
}

// side loads one revision.
func (a *app) side(ctx context.Context, rev reconcile.Revision, cache *reconcile.Cache, flags diffFlags) (*topology, error) {
	t, findings, err := reconcile.Load(ctx, rev, cache)
	if err != nil {
		return nil, err
	}
	if t == nil {
		t = schema.NewTopology(nil)
	}
	if flags.policyPath != "" {
		findings = append(findings, reconcile.Misplaced(t, path.Join(rev.Root, flags.policyPath))...)
		schema.SortFindings(findings)
	}
	return &topology{Topology: t, dir: rev.Root, findings: findings, rev: rev}, nil
}

// refuse shows what is wrong with HEAD.
func (a *app) refuse(s *sides, format string) error {
	wrong := fmt.Errorf("%s does not validate: %s", nameOf(s.of.Head), countFindings(s.after.findings))
	switch format {
	case "json":
		if err := render.JSON(a.out, jsonFindings(s.after.findings)); err != nil {
			return fmt.Errorf("print the findings: %w", err)
		}
	case "markdown":
		fmt.Fprint(a.out, render.MarkdownFindings(s.change, s.after.findings, 0))
	case "": // whose output is another one's
		a.showFindings(a.err, s.after.findings, s.after.open)
	default:
		a.showFindings(a.out, s.after.findings, s.after.open)
	}
	return wrong
}

// open opens a file of the revision by the path that findings have.
func (t *topology) open(file string) (fs.File, error) {
	return t.rev.FS.Open(strings.TrimPrefix(strings.TrimPrefix(file, t.rev.Root), "/"))
}

func changeOf(x *repo.Range) *render.Change {
	commit := func(c repo.Commit) render.Commit {
		return render.Commit{ID: c.ID, Name: c.Name, Author: c.Author, Subject: c.Subject}
	}
	return &render.Change{Base: commit(x.Base), Head: commit(x.Head), MergeBase: x.MergeBase.ID, Merged: x.Merged,
		AlreadyMerged: x.AlreadyMerged && !x.Direct, Direct: x.Direct, Commits: x.Commits}
}

// nameOf answers a revision as a person named it, else its short hash.
func nameOf(c repo.Commit) string {
	if c.Name != "" {
		return render.Inert(c.Name)
	}
	return c.ID[:min(len(c.ID), 12)]
}
