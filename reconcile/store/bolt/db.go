package bolt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// Timeout is how long Open waits for the lock by default: longer than any
// command that only reads, short enough for a person to wait.
const Timeout = 10 * time.Second

// Options are how a DB is opened. The zero value is for a writer.
type Options struct {
	// Timeout is how long to wait for the lock; 0: Timeout.
	Timeout time.Duration
	// ReadOnly takes a lock that several readers share. Nothing is made or
	// written; a state that is not there is ErrAbsent.
	ReadOnly bool
	// Existing has a state that is not there answered as ErrAbsent to a writer too.
	Existing bool
}

// DB is a store in a file.
type DB struct {
	dir  string
	bolt *bbolt.DB
	pid  string // path of the file to remove; empty for readers
}

var _ store.Store = (*DB)(nil)

const fileName = "enid.db"

// The buckets, and the keys of the bucket meta.
var (
	bucketMeta      = []byte("meta")
	bucketResources = []byte("resources") // KIND/NAME → resource
	bucketRevisions = []byte("revisions") // serial → store.Revision
	bucketPlans     = []byte("plans")     // serial → plan, gzip
	bucketSteps     = []byte("steps")     // serial, epoch → []store.Step, gzip
	bucketIntents   = []byte("intents")   // call → store.Intent
	bucketHolds     = []byte("holds")     // call → store.Hold
	bucketAccepted  = []byte("accepted")  // commit → store.Acceptance

	keyMeta       = []byte("meta") // without a digest, for every enid to see its format
	keySums       = []byte("sums")
	keysConfirmed = []byte("confirmed ") // and the host → store.Confirmation
)

func buckets() [][]byte {
	return [][]byte{bucketMeta, bucketResources, bucketRevisions, bucketPlans,
		bucketSteps, bucketIntents, bucketHolds, bucketAccepted}
}

// Meta answers what the store knows of itself.
func (db *DB) Meta(ctx context.Context) (m store.Meta, err error) {
	err = db.view(ctx, func(r reader) error {
		m = r.meta
		return nil
	})
	return m, err
}

// Close gives the lock back. A crash before it leaves enid.pid behind, which
// nobody believes while the lock is free.
func (db *DB) Close() error {
	removePID(db.pid)
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("close %s: %w", db.file(), err)
	}
	return nil
}

func (db *DB) file() string { return filepath.Join(db.dir, fileName) }

// view runs read in a transaction that sees one state. ctx is looked at before:
// a transaction takes no longer than its reads.
func (db *DB) view(ctx context.Context, read func(reader) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read %s: %w", db.file(), err)
	}
	return db.fault("read", guard(func() error {
		return db.bolt.View(func(tx *bbolt.Tx) error {
			r, err := newReader(tx)
			if err != nil {
				return err
			}
			return read(r)
		})
	}))
}

// fault says what could not be done with which file, once. That something is not in
// the state is no fault of the file.
func (db *DB) fault(verb string, err error) error {
	switch {
	case err == nil || errors.Is(err, store.ErrAbsent):
		return err
	case errors.Is(err, store.ErrCorrupt):
		return fmt.Errorf("%s %s: %w; the file was left as it is: keep a copy, then put a backup in its place", verb, db.file(), err)
	}
	return fmt.Errorf("%s %s: %w%s", verb, db.file(), err, remedy(err))
}

// remedy says what a person can do about a disk.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "; nothing of this was recorded, and what was recorded before is whole: make room on the disk, and it is tried again"
	case errors.Is(err, syscall.EROFS):
		return "; the file system is read-only, which the kernel makes it after errors: look at its log, and mount it for writing"
	}
	return ""
}
