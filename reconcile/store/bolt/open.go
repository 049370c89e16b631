package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"enid/reconcile/store"
)

// Open opens the state in the folder dir, and makes both for a writer where they
// are not there. Errors wrap ErrLocked (with the holder's process id, where it is
// known), ErrCorrupt, ErrNewer or, for readers, ErrAbsent; none of them changes
// a file.
func Open(dir string, o Options) (*DB, error) {
	db := &DB{dir: dir}
	if err := db.prepare(o.ReadOnly || o.Existing); err != nil {
		return nil, err
	}
	err := db.verified(o)
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, db.locked(cmp.Or(o.Timeout, Timeout))
	}
	if err != nil {
		return nil, db.fault("open", err)
	}
	if !o.ReadOnly {
		db.pid = writePID(dir)
		db.sweep()
	}
	return db, nil
}

// verified opens the file, and reads it whole before it is relied on: first its pages,
// under the lock of a reader, for whom the library reads none but the first two, then
// every record. What another process writes until a writer has its own lock is as whole.
func (db *DB) verified(o Options) error {
	if err := db.connect(o, true); err != nil {
		return err
	}
	err := guard(func() error { return checkFile(db.file()) })
	if err == nil {
		err = guard(func() error {
			return db.bolt.View(func(tx *bbolt.Tx) error {
				r, err := newReader(tx)
				if err != nil {
					return err
				}
				return r.verify()
			})
		})
	}
	if err != nil || !o.ReadOnly {
		err = errors.Join(err, db.bolt.Close())
	}
	if err != nil || o.ReadOnly {
		return err
	}
	return db.connect(o, false)
}

func (db *DB) connect(o Options, readOnly bool) error {
	return guard(func() (err error) {
		db.bolt, err = bbolt.Open(db.file(), 0o600, &bbolt.Options{
			Timeout:  cmp.Or(o.Timeout, Timeout),
			ReadOnly: readOnly,
			// A state that has shrunk leaves many free pages; arrays get slow with them.
			FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
}

// smallest is the size of the two first pages, without which there is no file.
const smallest = 2 * 4096

// prepare makes the folder and the file, unless they have to be there, and looks
// at them.
func (db *DB) prepare(existing bool) error {
	stat, err := os.Stat(db.file())
	switch {
	case err == nil && !stat.Mode().IsRegular():
		return db.fault("open", fmt.Errorf("%w: it is no file (%s)", store.ErrCorrupt, stat.Mode()))
	case err == nil && stat.Size() < smallest:
		return db.fault("open", fmt.Errorf("%w: it has only %d bytes", store.ErrCorrupt, stat.Size()))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("open state: %w", err)
	case existing:
		return fmt.Errorf("open %s: %w: nothing was applied yet", db.file(), store.ErrAbsent)
	}
	if err := os.MkdirAll(db.dir, 0o700); err != nil {
		return fmt.Errorf("make the state's folder: %w", err)
	}
	return db.create()
}

// beginning is the pattern of the names under which the file is made.
const beginning = "." + fileName + "-*"

// sweep removes what a crash left of a file that was being made. It may be of a
// process that makes one right now: that one finds the file there, see create.
func (db *DB) sweep() {
	left, _ := filepath.Glob(filepath.Join(db.dir, beginning))
	for _, name := range left {
		_ = os.Remove(name) // the next one removes it
	}
}

// create makes the file elsewhere, whole, and gives it its name where nothing
// else has that: an empty or half-made enid.db is always an accident. A crash
// before the link leaves a file that nobody reads, a crash after it a new state,
// and beside it that file's other name; the next writer removes both.
func (db *DB) create() error {
	f, err := os.CreateTemp(db.dir, beginning)
	if err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	name := f.Name()
	defer os.Remove(name)
	if err := f.Close(); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	fresh, err := bbolt.Open(name, 0o600, nil)
	if err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	err = fresh.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		w := &writer{reader: reader{tx: tx, sums: sums{Sets: map[string]set{}}}}
		return w.finish(store.Meta{Format: store.Format, Lineage: uuid.NewString()})
	})
	if err = errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	if err := os.Link(name, db.file()); err != nil {
		if _, absent := os.Stat(db.file()); absent != nil { // else somebody was faster
			return fmt.Errorf("make the state: %w", err)
		}
	}
	return syncDir(db.dir)
}

// syncDir makes a new name in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	return nil
}
