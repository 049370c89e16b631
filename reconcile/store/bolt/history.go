package bolt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

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
	} else if there, err := w.revision(serial, &r); err != nil || !there {
		w.err = cmp.Or(err, fmt.Errorf("revision %d: %w: steps for a revision that was not begun", m.Serial, store.ErrAbsent))
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
	var r store.Revision
	there, err := w.revision(serialKey(serial), &r)
	if err != nil {
		w.err = err
	}
	if err != nil || !there || r.Outcome != store.Applying {
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
		for k, _ := cursor.First(); k != nil && bytes.Compare(k[:8], oldest) < 0 && w.err == nil; k, _ = cursor.First() {
			w.delete(bucket, slices.Clone(k))
		}
	}
}

func (w *writer) packed(bucket, key, text []byte) { w.put(bucket, key, store.Pack(text)) }

// steps answers those that one commit added to a revision, under its key.
func (r *reader) steps(key []byte, serial uint64) (steps []store.Step, err error) {
	packed, err := r.get(bucketSteps, key)
	if err != nil {
		return nil, err
	}
	text, err := store.Packed(packed).Text()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &steps); err != nil {
		return nil, fmt.Errorf("%w: steps of revision %d: %w", store.ErrCorrupt, serial, err)
	}
	return steps, nil
}

// revision reads one revision; false: it is not there.
func (r *reader) revision(key []byte, to *store.Revision) (bool, error) {
	text, err := r.get(bucketRevisions, key)
	if err != nil || text == nil {
		return false, err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return false, fmt.Errorf("%w: revision %x: %w", store.ErrCorrupt, key, err)
	}
	if !bytes.Equal(key, serialKey(to.Serial)) {
		return false, fmt.Errorf("%w: revision %x says that it is %d", store.ErrCorrupt, key, to.Serial)
	}
	return true, nil
}

// existing reads one revision, or answers that it is absent.
func (r *reader) existing(serial uint64, to *store.Revision) error {
	there, err := r.revision(serialKey(serial), to)
	if err == nil && !there {
		err = fmt.Errorf("revision %d: %w", serial, store.ErrAbsent)
	}
	return err
}

// history answers revisions, newest first.
func (r *reader) history(before uint64, limit int) ([]store.Revision, error) {
	out := []store.Revision{}
	cursor := r.tx.Bucket(bucketRevisions).Cursor()
	k, _ := cursor.Last()
	for ; k != nil && (limit == 0 || len(out) < limit); k, _ = cursor.Prev() {
		if before != 0 && binary.BigEndian.Uint64(k) >= before {
			continue
		}
		var one store.Revision
		if _, err := r.revision(k, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// detail answers one revision with its plan and steps.
func (r *reader) detail(serial uint64) (*store.Detail, error) {
	d, key := &store.Detail{}, serialKey(serial)
	if err := r.existing(serial, &d.Revision); err != nil {
		return nil, err
	}
	packed, err := r.get(bucketPlans, key)
	if err != nil {
		return nil, err
	}
	if d.Plan, err = store.Packed(packed).Text(); err != nil {
		return nil, err
	}
	cursor := r.tx.Bucket(bucketSteps).Cursor()
	for k, _ := cursor.Seek(key); bytes.HasPrefix(k, key); k, _ = cursor.Next() {
		steps, err := r.steps(k, serial)
		if err != nil {
			return nil, err
		}
		d.Tried = append(d.Tried, steps...)
	}
	return d, nil
}

// History answers revisions, newest first.
func (db *DB) History(ctx context.Context, before uint64, limit int) (out []store.Revision, err error) {
	err = db.view(ctx, func(r reader) (err error) {
		out, err = r.history(before, limit)
		return err
	})
	return out, err
}

// Revision answers one revision with its plan and steps.
func (db *DB) Revision(ctx context.Context, serial uint64) (d *store.Detail, err error) {
	err = db.view(ctx, func(r reader) (err error) {
		d, err = r.detail(serial)
		return err
	})
	return d, err
}
