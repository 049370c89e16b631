package repo

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// below answers a path from the repository's top.
func (x *Range) below(name string) string { return path.Join(x.Topology, name) }

// blameAdded asks who wrote lines of After. A merge that is no commit yet is made
// one, in our folder, so that its lines are followed into both sides.
func (q *questions) blameAdded(ctx context.Context, files []file) (blames []blaming, err error) {
	tip := q.Head.ID
	if q.Merged && len(files) > 0 {
		cmd := q.repo.command(ctx, "commit-tree", "-p", q.Base.ID, "-p", q.Head.ID, "-m", "merged", q.second)
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			cmd.Env = append(cmd.Env, "GIT_"+who+"_NAME=enid", "GIT_"+who+"_EMAIL=enid", "GIT_"+who+"_DATE=@0 +0000")
		}
		said := &heard{}
		cmd.Stderr = said
		out, err := cmd.Output()
		if err = failure(ctx, "commit-tree", err, said); err != nil {
			return nil, fmt.Errorf("making a commit of the merge: %w", err)
		}
		tip = strings.TrimSpace(string(out))
	}
	revisions := []string{tip}
	if q.Base.ID != "" {
		revisions = append(revisions, "^"+q.Base.ID)
	}
	for _, f := range files {
		lines := q.numbers(f)
		blames = append(blames, func(ctx context.Context) error {
			wrote, err := q.blame(ctx, revisions, q.below(f.path), lines)
			if err != nil {
				return err
			}
			found := map[int]int{}
			for line, id := range wrote {
				if place, own := q.branch.place[id]; own {
					found[line] = place
				}
			}
			q.settleLines(f, found)
			return nil
		})
	}
	return blames, nil
}

// blameRemoved asks who took lines of Before away. They are looked up where the
// branch began and followed forward to the last commit that has them; what came
// after that removed them.
func (q *questions) blameRemoved(ctx context.Context, files []file) (blames []blaming, err error) {
	if len(files) == 0 || q.MergeBase.ID == "" {
		return nil, nil
	}
	begin, err := q.atMergeBase(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		was, lines, moved := begin(f.path), []int{}, map[int]int{}
		for _, n := range q.numbers(f) {
			if old := was.oldLine(n); old > 0 && was.old != "" {
				lines, moved[old] = append(lines, old), n
			}
		}
		if len(lines) == 0 {
			continue
		}
		blames = append(blames, func(ctx context.Context) error {
			revisions := []string{"--reverse", q.MergeBase.ID + ".." + q.Head.ID}
			last, err := q.blame(ctx, revisions, q.below(was.old), lines)
			if err != nil {
				return err
			}
			found := map[int]int{}
			for line, id := range last {
				if place, ok := q.successor(id, q.below(was.old)); ok {
					found[moved[line]] = place
				}
			}
			q.settleLines(f, found)
			return nil
		})
	}
	return blames, nil
}

// atMergeBase answers for a file of Before what leads to it from the merge base.
func (q *questions) atMergeBase(ctx context.Context) (func(name string) difference, error) {
	o, err := q.repo.objects(ctx, "--batch")
	if err != nil {
		return nil, err
	}
	defer o.close()
	root, err := o.folder(q.MergeBase.tree, q.Topology)
	if err != nil {
		return nil, err
	}
	moves, err := q.repo.differences(ctx, root, q.before.tree)
	if err != nil {
		return nil, err
	}
	return func(name string) difference {
		for _, d := range moves {
			if d.new == name {
				return d
			}
		}
		return difference{old: name, new: name} // as it was
	}, nil
}

// successor answers which commit came after the last one that has a line: its only
// child, else the newest of those that touched the file.
func (q *questions) successor(last, name string) (int, bool) {
	children := q.branch.children[last]
	if len(children) == 1 {
		return children[0], true
	}
	for _, place := range q.branch.touched(name) {
		for _, c := range children {
			if c == place {
				return c, true
			}
		}
	}
	return 0, false
}

// blame answers the commit of each line of a file, as git blame finds it.
func (x *Range) blame(ctx context.Context, revisions []string, name string, lines []int) (map[int]string, error) {
	args := []string{"blame", "--porcelain", "--no-textconv"}
	for i := 0; i < len(lines); {
		last := i
		for last+1 < len(lines) && lines[last+1] == lines[last]+1 {
			last++
		}
		args = append(args, "-L", fmt.Sprintf("%d,%d", lines[i], lines[last]))
		i = last + 1
	}
	out, err := x.repo.run(ctx, append(append(args, revisions...), "--", name)...)
	if err != nil {
		return nil, fmt.Errorf("asking who changed %q: %w", name, err)
	}
	found := map[int]string{}
	for line := range strings.Lines(string(out)) {
		// A line of content begins with a tab; no other begins with a hash.
		fields := strings.Fields(line)
		if line[0] == '\t' || len(fields) < 3 || len(fields[0]) != len(x.Head.ID) {
			continue
		}
		if n, err := strconv.Atoi(fields[2]); err == nil {
			found[n] = fields[0]
		}
	}
	return found, nil
}
