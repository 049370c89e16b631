package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// place is between two steps of a revision: so many steps into what one commit added.
type place struct {
	epoch uint64
	steps int
}

func (p place) String() string { return fmt.Sprintf("%d.%d", p.epoch, p.steps) }

// placeOf reads a place; empty is before the first step.
func placeOf(text string) (p place, err error) {
	if text == "" {
		return p, nil
	}
	if _, err := fmt.Sscanf(text, "%d.%d", &p.epoch, &p.steps); err != nil || p.steps < 0 || p.String() != text {
		return p, fmt.Errorf("%q is no place in a revision: %w", text, store.ErrAbsent)
	}
	return p, nil
}

// Tried answers a stretch of a revision's steps. No commit is read but those that
// added them.
func (db *DB) Tried(ctx context.Context, serial uint64, after string, limit int) (*store.Stretch, error) {
	at, err := placeOf(after)
	if err != nil {
		return nil, err
	}
	t := &store.Stretch{Tried: []store.Step{}}
	key := serialKey(serial)
	err = db.view(ctx, func(tx *bbolt.Tx) (err error) {
		if t.Revision, err = readRevision(tx, serial); err != nil {
			return err
		}
		cursor := tx.Bucket(bucketSteps).Cursor()
		for k, v := cursor.Seek(append(slices.Clone(key), serialKey(at.epoch)...)); bytes.HasPrefix(k, key); k, v = cursor.Next() {
			epoch := binary.BigEndian.Uint64(k[len(key):])
			if epoch != at.epoch {
				at = place{epoch: epoch}
			}
			room := limit - len(t.Tried)
			if room <= 0 {
				t.Next = at.String()
				return nil
			}
			steps, err := readSteps(v, serial)
			if err != nil {
				return err
			}
			steps = steps[min(at.steps, len(steps)):]
			if len(steps) > room {
				t.Tried, t.Next = append(t.Tried, steps[:room]...), place{epoch, at.steps + room}.String()
				return nil
			}
			t.Tried = append(t.Tried, steps...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Plan answers the plan of a revision.
func (db *DB) Plan(ctx context.Context, serial uint64) (p store.Packed, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		if _, err := readRevision(tx, serial); err != nil {
			return err
		}
		p = slices.Clone(tx.Bucket(bucketPlans).Get(serialKey(serial)))
		return nil
	})
	return p, err
}

func readRevision(tx *bbolt.Tx, serial uint64) (r store.Revision, err error) {
	text := tx.Bucket(bucketRevisions).Get(serialKey(serial))
	if text == nil {
		return r, fmt.Errorf("revision %d: %w", serial, store.ErrAbsent)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%w: revision %d: %w", store.ErrCorrupt, serial, err)
	}
	return r, nil
}

// readSteps decodes the steps that one commit added.
func readSteps(packed store.Packed, serial uint64) (steps []store.Step, err error) {
	text, err := packed.Text()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &steps); err != nil {
		return nil, fmt.Errorf("%w: steps of revision %d: %w", store.ErrCorrupt, serial, err)
	}
	return steps, nil
}
