package repo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// hunk is a run of lines that differ: of the old file, of the new one, or both.
// Lines count from 1; a side without lines begins behind the line it names.
type hunk struct{ old, new span }

type span struct{ at, lines int }

func (s span) within(from, to int) (int, int) { return max(from, s.at), min(to, s.at+s.lines-1) }

// difference is a file that two trees have differently. A path is empty where the
// file is not there.
type difference struct {
	old, new string
	hunks    []hunk
}

// The empty tree, which git knows without having it, by length of a hash.
var emptyTree = map[int]string{
	40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
	64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

// differences compares two trees, line by line; "" is the empty tree.
func (r *Repo) differences(ctx context.Context, old, new string) ([]difference, error) {
	if old == new {
		return nil, nil
	}
	length := max(len(old), len(new))
	for _, t := range []*string{&old, &new} {
		if *t == "" {
			*t = emptyTree[length]
		}
	}
	out, err := r.run(ctx, "diff-tree", "-r", "-p", "-U0", "-M", "--inter-hunk-context=0", "--text", "--no-textconv", "--no-ext-diff", "--no-color",
		"--src-prefix=a/", "--dst-prefix=b/", old, new, "--")
	if err != nil {
		return nil, fmt.Errorf("comparing the two sides: %w", err)
	}
	return parseDifferences(string(out))
}

// parseDifferences reads a patch without context. The lines of a hunk are counted
// off, for they may look like anything.
func parseDifferences(patch string) (all []difference, err error) {
	for patch != "" {
		var line string
		line, patch, _ = strings.Cut(patch, "\n")
		last := len(all) - 1
		switch {
		case strings.HasPrefix(line, "diff --git "):
			all = append(all, difference{})
		case last < 0:
			return nil, fmt.Errorf("git diff-tree answered %q where a file begins", line)
		case strings.HasPrefix(line, "--- "):
			all[last].old, err = patchPath(line[4:], "a/")
		case strings.HasPrefix(line, "+++ "):
			all[last].new, err = patchPath(line[4:], "b/")
		case strings.HasPrefix(line, "@@ "):
			var h hunk
			h, err = parseHunk(line)
			all[last].hunks = append(all[last].hunks, h)
			for range h.old.lines + h.new.lines {
				_, patch, _ = strings.Cut(patch, "\n")
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// patchPath reads a path as patches have it: quoted as in C where it has odd
// bytes, with a tab behind it where it has spaces.
func patchPath(text, prefix string) (string, error) {
	if text == "/dev/null" {
		return "", nil
	}
	if strings.HasPrefix(text, `"`) {
		name, err := strconv.Unquote(strings.TrimSuffix(text, "\t"))
		if err != nil {
			return "", fmt.Errorf("git diff-tree answered the path %s: %w", text, err)
		}
		return strings.TrimPrefix(name, prefix), nil
	}
	return strings.TrimPrefix(strings.TrimSuffix(text, "\t"), prefix), nil
}

// parseHunk reads "@@ -at,lines +at,lines @@"; one line has no count.
func parseHunk(line string) (h hunk, err error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return h, fmt.Errorf("git diff-tree answered the hunk %q", line)
	}
	for i, s := range []*span{&h.old, &h.new} {
		at, lines, counted := strings.Cut(strings.TrimLeft(fields[i+1], "-+"), ",")
		if !counted {
			lines = "1"
		}
		if s.at, err = strconv.Atoi(at); err == nil {
			s.lines, err = strconv.Atoi(lines)
		}
		if err != nil {
			return h, fmt.Errorf("git diff-tree answered the hunk %q: %w", line, err)
		}
	}
	return h, nil
}

// oldLine answers where a line of the new file stood in the old one; 0 where it
// did not.
func (d difference) oldLine(line int) int {
	shift := 0
	for _, h := range d.hunks {
		begin := h.new.at
		if h.new.lines == 0 {
			begin++
		}
		if line < begin {
			break
		}
		if line < begin+h.new.lines {
			return 0
		}
		shift += h.old.lines - h.new.lines
	}
	return line + shift
}
