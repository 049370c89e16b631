package repo

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"enid/plan/render"
)

// gitError is a git that ended with an exit code.
type gitError struct {
	command string
	code    int
	said    string // on its standard error, as it was
	err     error
}

// Error answers what git said, inert and without credentials.
func (e *gitError) Error() string {
	if strings.Contains(e.said, "unable to read") || strings.Contains(e.said, "bad object") {
		return fmt.Sprintf("git %s: %s; %s", e.command, plain(e.said), refetch)
	}
	if said := plain(e.said); said != "" {
		return fmt.Sprintf("git %s: %s", e.command, said)
	}
	return fmt.Sprintf("git %s ended with exit code %d", e.command, e.code)
}

// refetch is what helps where objects are missing: a partial clone leaves them
// with the server, and the network is never asked from here.
const refetch = "a partial clone lacks what was filtered, and git fetch --refetch --no-filter brings it; else git fsck says what is damaged"

// Unwrap answers the cause.
func (e *gitError) Unwrap() error { return e.err }

// exited says whether git ended with that exit code.
func exited(err error, code int) bool {
	e := (*gitError)(nil)
	return errors.As(err, &e) && e.code == code
}

// says whether git said these words.
func says(err error, words string) bool {
	e := (*gitError)(nil)
	return errors.As(err, &e) && strings.Contains(e.said, words)
}

// userInfo finds NAME:PASSWORD@ and TOKEN@ of URLs in free text.
var userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/@]+@`)

// plain makes one inert line of what git said.
func plain(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "hint:") {
			continue
		}
		for _, word := range []string{"fatal: ", "error: ", "warning: "} {
			line = strings.TrimPrefix(line, word)
		}
		lines = append(lines, userInfo.ReplaceAllString(line, "$1[redacted]@"))
	}
	return render.Inert(strings.Join(lines, "; "))
}

// ConflictError is a merge that git cannot make.
type ConflictError struct {
	Base, Head string   // as they were named
	Paths      []string // in conflict, from the repository's top, sorted
	Topology   []string // those of Paths below the topology's folder
	Messages   []string // git's, inert, in its order
}

// Error says in which files the two sides conflict, and what to do.
func (e *ConflictError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be merged into %s: ", render.Inert(e.Head), render.Inert(e.Base))
	if len(e.Paths) == 1 {
		b.WriteString("both changed ")
	} else {
		fmt.Fprintf(&b, "both changed %d files: ", len(e.Paths))
	}
	inTopology := map[string]bool{}
	for _, p := range e.Topology {
		inTopology[p] = true
	}
	const most = 10
	for i, p := range e.Paths {
		if i == most {
			fmt.Fprintf(&b, ", and %d more", len(e.Paths)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(render.Inert(p))
		if inTopology[p] && len(e.Topology) < len(e.Paths) {
			b.WriteString(" (topology)")
		}
	}
	for i, m := range e.Messages {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Messages)-most)
			break
		}
		b.WriteString("\n  " + m)
	}
	fmt.Fprintf(&b, "\nmerge or rebase onto %s, resolve, and push", render.Inert(e.Base))
	return b.String()
}
