package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"enid/reconcile"
)

// CommitOptions say which forge is told of commits.
type CommitOptions struct {
	Common
	Forge Forge
	// URL is the repository in the forge's API; see RepositoryURL.
	URL string
	// TokenFile holds the token.
	TokenFile string
	// Context is the name of the status on the commit: each that tells has its own.
	Context string
}

// Commits tells a forge how each commit fares: by the status of the commit.
type Commits struct {
	*courier
	opt  CommitOptions
	wake chan struct{}

	mu    sync.Mutex
	want  statement
	known statement // what the forge has, or will never take
}

// statement is what is said of a commit. The zero statement says nothing.
type statement struct {
	commit      string
	state       state
	description string
}

// state is the state of a commit, in GitHub's words.
type state string

const (
	pending state = "pending"
	success state = "success"
	failure state = "failure"
)

// longestDescription is GitHub's limit; the others allow more.
const longestDescription = 140

// NewCommits answers what tells a forge. The error says that the options are not what
// they should be.
func NewCommits(o CommitOptions) (*Commits, error) {
	c, err := newCourier(o.Common, "commit-status")
	if err != nil {
		return nil, err
	}
	if _, known := forges[o.Forge]; !known {
		return nil, fmt.Errorf("%q is no forge: choose github, gitlab or gitea", o.Forge)
	}
	u, err := safe(o.URL)
	if err == nil && u.User != nil {
		err = errors.New("holds credentials: put the token into the file for it")
	}
	if err != nil {
		return nil, fmt.Errorf("the repository's address in the API %w", err)
	}
	if _, err := secret(o.TokenFile, "token"); err != nil {
		return nil, err
	}
	return &Commits{courier: c, opt: o, wake: make(chan struct{}, 1)}, nil
}

// Turned notes how the newest commit fares. It never waits.
func (c *Commits) Turned(t reconcile.Turned) {
	s, ok := verdict(t.Status)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want = s
	nudge(c.wake)
}

// Queued answers whether something is to be told: 0 or 1, since the newest statement
// takes the place of the one before.
func (c *Commits) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.want == c.known {
		return 0
	}
	return 1
}

// Run delivers until ctx ends.
func (c *Commits) Run(ctx context.Context) { c.run(ctx, c.wake, c.next) }

func (c *Commits) next() *parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.want
	if s == c.known {
		return nil
	}
	return &parcel{fmt.Sprint(s), fmt.Sprintf("%.12s %s", s.commit, s.state), func(ctx context.Context) error { return c.send(ctx, s) }, func(known bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case known:
			c.known = s
		case c.want == s:
			c.want = c.known // the next turn wants it again
		}
	}}
}

// verdict answers what a status says of the newest commit; ok is whether it says
// anything. A source that cannot be asked says nothing of any commit.
func verdict(s reconcile.Status) (of statement, ok bool) {
	of.commit = s.Source.Revision
	if !isCommit(of.commit) {
		return of, false
	}
	say := func(st state, format string, a ...any) (statement, bool) {
		of.state, of.description = st, short(fmt.Sprintf(format, a...), longestDescription)
		return of, true
	}
	switch s.Source.Condition {
	case reconcile.Ready:
	case reconcile.Invalid, reconcile.NotVerified, reconcile.Shrunk, reconcile.Rewound, reconcile.Diverged, reconcile.Unsupported:
		return say(failure, "%s: %s", s.Source.Condition, plain(s.Source.Message, of.commit))
	default:
		return of, false
	}
	for _, c := range s.Conditions {
		switch {
		case c.Type == "Suspended" && c.Status == "True":
			return say(pending, "suspended: %s", c.Message)
		case c.Status == "False" && (c.Type == "Applied" || c.Type == "Certain" || c.Type == "Confirmed" || c.Type == "Recorded"):
			return say(failure, "%s: %s", c.Reason, plain(c.Message, of.commit))
		}
	}
	host := s.Host
	switch {
	case host != nil && host.Condition == reconcile.HostDegraded:
		return say(failure, "host %s: %s", host.Name, host.Message)
	case s.InSync():
		return say(success, "applied as serial %d", s.Applied.Serial)
	case s.Blocked > 0:
		return say(pending, "%d steps are blocked; enid status and enid plan say by which rules", s.Blocked)
	case host != nil && host.Condition == reconcile.HostWaiting:
		return say(pending, "host %s: %s", host.Name, host.Message)
	}
	return say(pending, "%d steps are to be done", s.Pending)
}

// plain answers a message without the commit that everybody who reads it looks at.
func plain(message, commit string) string {
	return strings.TrimPrefix(strings.TrimPrefix(message, commit+" "), "is held: ")
}

// isCommit reports whether a revision is a commit's full hash.
func isCommit(revision string) bool {
	return (len(revision) == 40 || len(revision) == 64) && strings.Trim(revision, "0123456789abcdef") == ""
}
