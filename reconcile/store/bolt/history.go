package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// history writes what c says of revisions; m is the Meta after c.
func (w *writer) history(c *store.Change, m store.Meta) {
	if c.Begin == nil && len(c.Steps) == 0 && c.End == nil || w.err != nil {
		return
	}
	serial := serialKey(m.Serial)
	var r store.Revision
	if c.Begin != nil {
		w.interrupt(m.Serial-1, c)
		r = c.Opened(m)
		w.packed(bucketPlans, serial, c.Begin.Plan)
		w.forget(m.Serial)
	} else if err := json.Unmarshal(w.tx.Bucket(bucketRevisions).Get(serial), &r); err != nil {
		w.err = fmt.Errorf("revision %d: %w: steps for a revision that was not begun", m.Serial, store.ErrAbsent)
		return
	}
	w.json(bucketRevisions, serial, c.Count(r))
	if len(c.Steps) > 0 {
		text, err := json.Marshal(c.Steps)
		if err != nil {
			w.err = fmt.Errorf("revision %d: %w", m.Serial, err)
			return
		}
		w.packed(bucketSteps, append(serial, serialKey(m.Epoch)...), text)
	}
}

// interrupt closes a revision that is still open.
func (w *writer) interrupt(serial uint64, c *store.Change) {
	text := w.tx.Bucket(bucketRevisions).Get(serialKey(serial))
	var r store.Revision
	if text == nil || json.Unmarshal(text, &r) != nil || r.Outcome != store.Applying {
		return
	}
	r.Outcome, r.EndedAt = store.Interrupted, c.Begin.At
	w.json(bucketRevisions, serialKey(serial), r)
}

// forget deletes the revisions that are too old to be kept beside newest.
func (w *writer) forget(newest uint64) {
	if newest <= store.KeepRevisions || w.err != nil {
		return
	}
	oldest := serialKey(newest - store.KeepRevisions + 1)
	for _, bucket := range [][]byte{bucketRevisions, bucketPlans, bucketSteps} {
		cursor := w.tx.Bucket(bucket).Cursor()
		for k, _ := cursor.First(); k != nil && bytes.Compare(k[:8], oldest) < 0; k, _ = cursor.First() {
			if w.err = cursor.Delete(); w.err != nil {
				return
			}
		}
	}
}

func (w *writer) packed(bucket, key, text []byte) { w.put(bucket, key, store.Pack(text)) }

// History answers revisions, newest first.
func (db *DB) History(ctx context.Context, before uint64, limit int) ([]store.Revision, error) {
	out := []store.Revision{}
	err := db.view(ctx, func(tx *bbolt.Tx) error {
		cursor := tx.Bucket(bucketRevisions).Cursor()
		k, v := cursor.Last()
		for ; k != nil && (limit == 0 || len(out) < limit); k, v = cursor.Prev() {
			if before != 0 && binary.BigEndian.Uint64(k) >= before {
				continue
			}
			var r store.Revision
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("%w: revision %x: %w", store.ErrCorrupt, k, err)
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// Revision answers one revision with its plan and steps.
func (db *DB) Revision(ctx context.Context, serial uint64) (*store.Detail, error) {
	d := &store.Detail{}
	key := serialKey(serial)
	err := db.view(ctx, func(tx *bbolt.Tx) (err error) {
		if d.Revision, err = readRevision(tx, serial); err != nil {
			return err
		}
		if d.Plan, err = store.Packed(tx.Bucket(bucketPlans).Get(key)).Text(); err != nil {
			return err
		}
		cursor := tx.Bucket(bucketSteps).Cursor()
		for k, v := cursor.Seek(key); bytes.HasPrefix(k, key); k, v = cursor.Next() {
			steps, err := readSteps(v, serial)
			if err != nil {
				return err
			}
			d.Tried = append(d.Tried, steps...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}
