package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

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
	err = db.view(ctx, func(r reader) error {
		if err := r.existing(serial, &t.Revision); err != nil {
			return err
		}
		cursor := r.tx.Bucket(bucketSteps).Cursor()
		for k, _ := cursor.Seek(append(slices.Clone(key), serialKey(at.epoch)...)); bytes.HasPrefix(k, key); k, _ = cursor.Next() {
			epoch := binary.BigEndian.Uint64(k[len(key):])
			if epoch != at.epoch {
				at = place{epoch: epoch}
			}
			room := limit - len(t.Tried)
			if room <= 0 {
				t.Next = at.String()
				return nil
			}
			steps, err := r.steps(k, serial)
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
	err = db.view(ctx, func(r reader) error {
		if err := r.existing(serial, &store.Revision{}); err != nil {
			return err
		}
		packed, err := r.get(bucketPlans, serialKey(serial))
		p = slices.Clone(packed)
		return err
	})
	return p, err
}
