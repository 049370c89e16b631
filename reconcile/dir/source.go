package dir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"enid/reconcile"
	"enid/reconcile/tree"
)

// Source follows one folder. It implements reconcile.Source; its methods may be
// called from several goroutines.
type Source struct {
	path  string // absolute
	log   *slog.Logger
	bound tree.Bounds
	now   func() time.Time
	watch *watch // nil where the system has no watches

	mu     sync.Mutex
	closed bool
	known  map[string]known // by path, from the last fetch
	rev    reconcile.Revision
}

var _ reconcile.Source = (*Source)(nil)

// Open begins to watch a folder. The folder need not be there yet: Fetch says so,
// and a hint comes when it appears.
func Open(path string, log *slog.Logger) (*Source, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if path == "" {
		return nil, &reconcile.SourceError{Condition: reconcile.Missing, Message: "no folder is given"}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &reconcile.SourceError{Condition: reconcile.Missing, Message: fmt.Sprintf("%s: %v", path, err), Err: err}
	}
	s := &Source{path: abs, log: log, bound: tree.Contract, now: time.Now}
	if s.watch, err = newWatch(abs, log); err != nil {
		log.Warn("the folder cannot be watched, it is only polled", "path", abs, "err", err)
	}
	return s, nil
}

// Fetch answers the folder as it is now: its *.yaml, *.yml and *.json files and
// the .enidignore at its root. Revision.ID is "dir:" and 40 hexadecimal digits of
// a digest over paths and contents; while it stays the same, the same Revision is
// answered. Files that did not change since the last Fetch are not read again.
//
// Every error is a *reconcile.SourceError: Missing without the folder, Empty
// without a file to read, Unsupported for links, special files and what is beyond
// the contract's limits, Unauthorized for what may not be read. ctx is asked
// between files; a file system that hangs within one is not interrupted.
func (s *Source) Fetch(ctx context.Context) (reconcile.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return reconcile.Revision{}, s.fail(reconcile.Unreachable, nil, "the source is closed")
	}
	rev, err := s.fetch(ctx)
	if err != nil {
		return reconcile.Revision{}, s.condition(ctx, err)
	}
	return rev, nil
}

func (s *Source) fetch(ctx context.Context) (reconcile.Revision, error) {
	root, err := os.OpenRoot(s.path)
	if err != nil {
		if info, statErr := os.Stat(s.path); statErr == nil && !info.IsDir() {
			err = s.fail(reconcile.Unsupported, err, "is not a folder")
		}
		return reconcile.Revision{}, err
	}
	defer root.Close()
	if s.watch.overflowed() {
		s.known = nil
	}
	r := &reading{Source: s, ctx: ctx, root: root, count: tree.Count{Bounds: s.bound}, next: map[string]known{}}
	if err := r.walk(".", 0); err != nil {
		return reconcile.Revision{}, err
	}
	s.known = r.next
	if tree.Empty(r.files) {
		return reconcile.Revision{}, s.fail(reconcile.Empty, nil, "the folder holds no YAML or JSON file")
	}
	files := sortedByPath(r.files)
	if id := identify(files); id != s.rev.ID {
		// A listing that a rename overtook may name a file twice: the next fetch
		// reads the folder anew.
		t, err := tree.New(files, s.now())
		if err != nil {
			return reconcile.Revision{}, err
		}
		s.rev = reconcile.Revision{ID: id, Time: s.now(), FS: t, Digest: t.Digest}
	}
	return s.rev, nil
}

// identify digests sorted paths and contents. A path and a digest of fixed length
// cannot be mistaken for another pair.
func identify(files []tree.File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%d:%s%s", len(f.Path), f.Path, f.Digest)
	}
	return "dir:" + hex.EncodeToString(h.Sum(nil))[:40]
}

// Changed receives a hint within about 50 ms of a change, one for any number of
// changes. It is never closed.
func (s *Source) Changed() <-chan struct{} {
	if s.watch == nil {
		return nil
	}
	return s.watch.hints
}

// Close ends the watch and makes every later Fetch fail. Revisions that were
// answered stay readable.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.watch.close()
}

// fail makes the error of a condition.
func (s *Source) fail(c reconcile.Condition, cause error, format string, args ...any) *reconcile.SourceError {
	return &reconcile.SourceError{Condition: c, Message: s.path + ": " + fmt.Sprintf(format, args...), Err: cause}
}

// condition turns what the system said into one.
func (s *Source) condition(ctx context.Context, err error) error {
	known := (*reconcile.SourceError)(nil)
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return s.fail(reconcile.Unreachable, ctx.Err(), "reading the folder did not end in time")
	case errors.Is(err, fs.ErrNotExist):
		return s.fail(reconcile.Missing, err, "there is no such folder")
	case errors.Is(err, fs.ErrPermission):
		return s.fail(reconcile.Unauthorized, err, "not allowed: %v", err)
	case errors.Is(err, syscall.ENOTDIR): // somewhere above
		return s.fail(reconcile.Missing, err, "there is no such folder")
	}
	return s.fail(reconcile.Unreachable, err, "cannot be read: %v", err)
}
