package repo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
)

// branch is what HEAD has and BASE has not.
type branch struct {
	commits  []Commit           // newest first, parents behind their children
	place    map[string]int     // in commits, by hash
	children map[string][]int   // in commits, by the parent's hash
	touches  map[string][]touch // by path from the repository's top
}

// touch is a commit that changed a file.
type touch struct {
	commit int
	other  string // the file's other name, where the commit renamed it
}

// branch reads the commits of the range, and which files each of them changed.
func (x *Range) branch(ctx context.Context) (*branch, error) {
	r := x.repo
	args := []string{"log", "-z", "--topo-order", "--encoding=UTF-8", format, x.Head.ID}
	if x.Base.ID != "" {
		args = append(args, "^"+x.Base.ID)
	}
	out, err := r.run(ctx, append(args, "--")...)
	if err != nil {
		return nil, fmt.Errorf("reading the commits of the branch: %w", err)
	}
	b := &branch{place: map[string]int{}, children: map[string][]int{}, touches: map[string][]touch{}}
	var ids bytes.Buffer
	for record := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		c, err := parseCommit(record)
		if err != nil {
			return nil, err
		}
		i := len(b.commits)
		b.commits, b.place[c.ID] = append(b.commits, c), i
		for _, p := range c.parents {
			b.children[p] = append(b.children[p], i)
		}
		ids.WriteString(c.ID + "\n")
	}
	cmd := r.command(ctx, "diff-tree", "--stdin", "-r", "-z", "-M", "--cc", "--root", "--name-status", "--no-ext-diff", "--no-textconv")
	said := &heard{}
	cmd.Stdin, cmd.Stderr = &ids, said
	changes, err := cmd.Output()
	if err = failure(ctx, "diff-tree", err, said); err != nil {
		return nil, fmt.Errorf("reading which files the branch changed: %w", err)
	}
	b.read(strings.Split(strings.TrimSuffix(string(changes), "\x00"), "\x00"))
	return b, nil
}

// read reads for each commit its hash, and for each file a status and its path,
// two of them after a rename. A status is never as long as a hash, or has capital
// letters.
func (b *branch) read(fields []string) {
	at := -1
	for i := 0; i+1 < len(fields); {
		if place, ok := b.place[fields[i]]; ok {
			at = place
			i++
			continue
		}
		status, name := fields[i], fields[i+1]
		i += 2
		// A merge's status has a letter for each parent, and one path.
		renamed := len(status) > 1 && status[1] >= '0' && status[1] <= '9'
		if !renamed || i >= len(fields) {
			b.touches[name] = append(b.touches[name], touch{commit: at})
			continue
		}
		b.touches[name] = append(b.touches[name], touch{at, fields[i]})
		b.touches[fields[i]] = append(b.touches[fields[i]], touch{at, name})
		i++
	}
}

// touched answers the commits that changed a file under any of the names it ever
// had, or may have had, newest first.
func (b *branch) touched(name string) (commits []int) {
	names := []string{name}
	for i := 0; i < len(names); i++ {
		for _, t := range b.touches[names[i]] {
			commits = append(commits, t.commit)
			if t.other != "" && !slices.Contains(names, t.other) {
				names = append(names, t.other)
			}
		}
	}
	slices.Sort(commits)
	return slices.Compact(commits)
}
