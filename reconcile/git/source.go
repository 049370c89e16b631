package git

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"enid/reconcile"
	"enid/reconcile/tree"
)

// The answers to a branch that left the applied history (Options.OnRewind).
const (
	Hold   = "hold"   // keep what is applied and say so
	Follow = "follow" // take the branch as it is
)

// Options say what to follow and how to reach it.
type Options struct {
	// URL is http, https, ssh, git@host:path, or file where the git program is
	// installed. It never holds a password or a token.
	URL string
	// Ref is a full reference name (refs/heads/main, refs/tags/v1) or a commit of
	// 40 hexadecimal digits. Zero is refs/heads/main.
	Ref string
	// Path is the topology's folder in the repository, slash-separated; zero is
	// the root.
	Path string
	// CacheDir is where the cache is kept, in a folder of its own for each URL.
	// It is made when it is missing. Two Sources of one URL need two of them.
	CacheDir string
	// OnRewind is Hold or Follow; zero is Hold.
	OnRewind string
	// Applied is the full hash of the applied commit, zero when there is none.
	// See SetApplied.
	Applied string
	// SSHKeyFile is the private key for ssh, without a passphrase. Read at each
	// fetch, as all the files below.
	SSHKeyFile string
	// KnownHostsFile holds the host keys that ssh accepts. Zero means OpenSSH's
	// own two files, ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
	KnownHostsFile string
	// TokenFile holds "TOKEN" or "USER:TOKEN" for https.
	TokenFile string
	// CAFile holds PEM certificates that https accepts besides the system's.
	CAFile string
	// Verify answers an error unless the head commit, given as git stores it, is
	// signed by somebody who is trusted. It is asked each turn, for trust may end
	// although the commit stays. Nil: any commit will do.
	Verify func(commit []byte) error
	// Log receives what a turn did; nil discards it.
	Log *slog.Logger
}

// Source follows one reference of one repository. It implements
// reconcile.Source; its methods may be called from several goroutines.
type Source struct {
	opt    Options
	remote remote
	ref    plumbing.ReferenceName // empty where a commit is followed
	pinned plumbing.Hash          // the followed commit, or zero
	cache  string                 // the cache's own folder
	log    *slog.Logger
	bound  tree.Bounds
	most   limits

	silent  time.Duration // longestSilence
	proxied []string      // passwords of proxies, in all their forms

	turn chan struct{} // held by the one Fetch that runs

	mu      sync.Mutex // guards what follows; never held while anything blocks
	applied plumbing.Hash
	closed  bool
	secrets []string

	// What earlier turns found out; guarded by turn.
	rev     reconcile.Revision // the newest snapshot
	blobs   map[string][]byte  // what its files hold; never written to again
	verdict verdict
}

// verdict is the answer to one tip and one applied commit. Git hashes are
// immutable, so that an answer stays true for as long as both stay.
type verdict struct {
	tip, applied plumbing.Hash
	commit       []byte // the head, as git stores it; nil: it was not looked at
	rev          reconcile.Revision
	err          *reconcile.SourceError
}

var _ reconcile.Source = (*Source)(nil)

// Open checks the options; it neither touches the network nor the cache. A
// refused option is a *reconcile.SourceError, mostly Unsupported, whose message
// repeats no credential.
func Open(opt Options) (*Source, error) {
	s := &Source{opt: opt, log: opt.Log, turn: make(chan struct{}, 1), bound: tree.Contract, most: fair, silent: longestSilence, proxied: reconcile.ProxyForms()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.accept(); err != nil {
		return nil, err
	}
	return s, nil
}

// SetApplied says which commit is applied now: the reference for forward, rewound
// and diverged. An empty or malformed hash means that none is. To let a held
// commit pass, name that commit: what follows it is forward again.
func (s *Source) SetApplied(commit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied = plumbing.ZeroHash
	if plumbing.IsHash(commit) {
		s.applied = plumbing.NewHash(commit)
	}
}

// Fetch answers the commit that the followed reference names now, with the
// topology's folder as an fs.FS of its *.yaml, *.yml and *.json files and its
// .enidignore. With an unchanged reference nothing but the listing of references
// is asked for; with a followed commit that is already known, nothing at all.
//
// Every error is a *reconcile.SourceError free of credentials. Rewound and
// Diverged name the held commit in Revision. When ctx ends the answer is
// Unreachable, wrapping the cause of ctx.
func (s *Source) Fetch(ctx context.Context) (reconcile.Revision, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return reconcile.Revision{}, s.networkError(ctx, "waiting for another fetch", ctx.Err())
	}
	s.mu.Lock()
	applied, closed := s.applied, s.closed
	s.mu.Unlock()
	if closed {
		return reconcile.Revision{}, s.fail(reconcile.Unreachable, nil, "the source is closed")
	}
	rev, err := s.fetch(ctx, applied)
	if s.damaged(ctx, err) {
		s.log.Warn("the git cache is damaged, cloning anew", "url", s.remote.display, "err", s.clean(err.Error()))
		if rmErr := removeStore(s.cache); rmErr != nil {
			err = errors.Join(err, rmErr)
		} else {
			rev, err = s.fetch(ctx, applied)
		}
	}
	if err != nil {
		return reconcile.Revision{}, s.localError(ctx, err)
	}
	return rev, nil
}

// Changed answers nil: a repository gives no hints of its own.
func (s *Source) Changed() <-chan struct{} { return nil }

// Close makes every later Fetch fail. Revisions that were answered stay readable,
// and the cache stays for the next start.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}
