package bolt

import (
	"cmp"
	"encoding/json"
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
	err := guard(func() (err error) {
		db.bolt, err = bbolt.Open(db.file(), 0o600, &bbolt.Options{
			Timeout:  cmp.Or(o.Timeout, Timeout),
			ReadOnly: o.ReadOnly,
			// A state that has shrunk leaves many free pages; arrays get slow with them.
			FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, db.locked(cmp.Or(o.Timeout, Timeout))
	}
	if err == nil {
		err = guard(func() error { return db.bolt.View(db.check) })
	}
	if err != nil {
		err = db.fault("open", err)
		if db.bolt != nil {
			err = errors.Join(err, db.bolt.Close())
		}
		return nil, err
	}
	if !o.ReadOnly {
		db.pid = writePID(dir)
	}
	return db, nil
}

// smallest is the size of the two first pages, without which there is no file.
const smallest = 2 * 4096

// prepare makes the folder and the file, unless they have to be there, and looks
// at them.
func (db *DB) prepare(existing bool) error {
	stat, err := os.Stat(db.file())
	switch {
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

// create makes the file elsewhere, whole, and gives it its name where nothing
// else has that: an empty or half-made enid.db is always an accident. A crash
// before the link leaves a file that nobody reads, a crash after it a new state.
func (db *DB) create() error {
	f, err := os.CreateTemp(db.dir, ".enid.db-*")
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
		meta, err := json.Marshal(store.Meta{Format: store.Format, Lineage: uuid.NewString()})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyMeta, meta)
	})
	if err = errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	if err := os.Link(name, db.file()); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the state: %w", err)
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

// check refuses a file that is shorter than its own pages say, that another
// program made, or that a later enid wrote.
func (db *DB) check(tx *bbolt.Tx) error {
	stat, err := os.Stat(db.file())
	if err != nil {
		return err
	}
	if stat.Size() < tx.Size() {
		return fmt.Errorf("%w: it has %d bytes of %d", store.ErrCorrupt, stat.Size(), tx.Size())
	}
	m, err := readMeta(tx)
	if err != nil {
		return err
	}
	if m.Format > store.Format {
		return fmt.Errorf("%w: format %d, this enid reads up to %d; use that enid", store.ErrNewer, m.Format, store.Format)
	}
	for _, name := range buckets() {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: it has no bucket %s", store.ErrCorrupt, name)
		}
	}
	return nil
}
