package schema

import (
	"path"
	"strings"
)

// ignore is a file of patterns in gitignore's syntax, the last match deciding.
type ignore []ignorePattern

type ignorePattern struct {
	segments []string
	include  bool // it began with an exclamation mark
	dirOnly  bool
	// anchored says that the pattern is a path from the root, not a name at any depth.
	anchored bool
}

func parseIgnore(text string) ignore {
	var all ignore
	for line := range strings.Lines(text) {
		line = trimSpaces(strings.TrimRight(line, "\r\n"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var p ignorePattern
		line, p.include = strings.CutPrefix(line, "!")
		line, p.dirOnly = strings.CutSuffix(line, "/")
		p.anchored = strings.Contains(line, "/")
		line = strings.ReplaceAll(strings.TrimPrefix(line, "/"), "[!", "[^")
		if line == "" {
			continue
		}
		p.segments = strings.Split(line, "/")
		all = append(all, p)
	}
	return all
}

// trimSpaces removes trailing spaces but an escaped one.
func trimSpaces(line string) string {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	return line
}

// excludes reports whether a file or folder is ignored. Folders above it are
// not looked at: what is below an ignored folder is not asked for.
func (ig ignore) excludes(name string, isDir bool) bool {
	for i := len(ig) - 1; i >= 0; i-- {
		p := &ig[i]
		if p.dirOnly && !isDir {
			continue
		}
		if p.matches(name) {
			return !p.include
		}
	}
	return false
}

func (p *ignorePattern) matches(name string) bool {
	if !p.anchored {
		return matchSegment(p.segments[0], path.Base(name))
	}
	return matchSegments(p.segments, strings.Split(name, "/"))
}

// matchSegments matches segment by segment; ** stands for any number of them,
// at the end for at least one. Only the last ** is ever tried again, so that
// the cost is the product of the lengths at most.
func matchSegments(pattern, names []string) bool {
	p, n := 0, 0
	star, from := -1, 0
	for n < len(names) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			if p == len(pattern)-1 {
				return true
			}
			star, from = p, n
			p++
		case p < len(pattern) && matchSegment(pattern[p], names[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return p == len(pattern)
}

// matchSegment reports false for a malformed pattern, as git does.
func matchSegment(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
