package dir

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"enid/reconcile/tree"
)

// window is how long changes are gathered into one hint. It begins with the first
// of them and is not prolonged, so that a storm gives hints at this pace instead
// of none.
const window = 50 * time.Millisecond

// watch turns the system's events into hints. It watches folders, never files: an
// editor that saves by renaming over a file takes the watch of the file with it.
// The parent is watched too, for the folder itself to come, go and be replaced.
type watch struct {
	path    string
	log     *slog.Logger
	watcher *fsnotify.Watcher
	hints   chan struct{} // holds one
	lost    atomic.Bool   // events were dropped
	full    atomic.Bool   // a watch could not be added, and that was said
	done    chan struct{}
}

// newWatch watches path and its parent, as far as they are there.
func newWatch(path string, log *slog.Logger) (*watch, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watch{path: path, log: log, watcher: watcher, hints: make(chan struct{}, 1), done: make(chan struct{})}
	w.add(filepath.Dir(path))
	w.add(path)
	go w.run()
	return w, nil
}

func (w *watch) close() error {
	if w == nil {
		return nil
	}
	err := w.watcher.Close()
	<-w.done
	return err
}

// overflowed says, once, whether events were dropped.
func (w *watch) overflowed() bool { return w != nil && w.lost.Swap(false) }

// add watches a folder; one that is watched already stays so. Without a watch the
// folder is still polled, so a system that has no more of them is only told of.
func (w *watch) add(dir string) {
	if w == nil {
		return
	}
	err := w.watcher.Add(dir)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsnotify.ErrClosed) {
		return
	}
	if !w.full.Swap(true) {
		w.log.Warn("a folder cannot be watched, it is only polled", "path", dir, "err", err)
	}
}

// run gathers events until the watcher is closed.
func (w *watch) run() {
	defer close(w.done)
	var due <-chan time.Time // nil while nothing has happened
	var appeared []string
	for {
		select {
		case e, open := <-w.watcher.Events:
			if !open {
				return
			}
			if !w.matters(e) {
				continue
			}
			if e.Has(fsnotify.Create) {
				appeared = append(appeared, e.Name)
			}
			if due == nil {
				due = time.After(window)
			}
		case err, open := <-w.watcher.Errors:
			if !open {
				return
			}
			w.problem(err)
			if due == nil {
				due = time.After(window)
			}
		case <-due:
			// Not at once: of a renamed folder the library first reports the new
			// name and then drops the watch, which would be the new one.
			for _, name := range appeared {
				w.addAll(name)
			}
			due, appeared = nil, nil
			select {
			case w.hints <- struct{}{}:
			default:
			}
		}
	}
}

// matters leaves out the parent's other children, the folders that are not read,
// and writes to files that are not.
func (w *watch) matters(e fsnotify.Event) bool {
	if e.Name == "" {
		return false
	}
	if filepath.Dir(e.Name) == filepath.Dir(w.path) {
		return e.Name == w.path
	}
	name := filepath.Base(e.Name)
	if tree.Skipped(name) {
		return false
	}
	return tree.IsTopology(name) || e.Op != fsnotify.Write
}

// problem remembers dropped events: what was read before is no longer trusted.
func (w *watch) problem(err error) {
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		w.lost.Store(true)
		w.log.Warn("changes came faster than they were read, reading everything again", "path", w.path)
		return
	}
	w.log.Warn("watching a folder failed", "path", w.path, "err", err)
}

// addAll watches a folder that appeared and what is in it already.
func (w *watch) addAll(dir string) {
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return
	}
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return nil
		case tree.Skipped(d.Name()):
			return fs.SkipDir
		}
		w.add(p)
		return nil
	})
}
