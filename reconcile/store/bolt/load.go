package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"

	bbolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"enid/reconcile/store"
	"enid/schema"
)

// Load answers all records but the history.
func (db *DB) Load(ctx context.Context) (*store.State, error) {
	var s *store.State
	err := db.view(ctx, func(tx *bbolt.Tx) (err error) {
		s, err = load(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func load(tx *bbolt.Tx) (s *store.State, err error) {
	s = &store.State{}
	if s.Meta, err = readMeta(tx); err != nil {
		return nil, err
	}
	if s.Intents, err = readAll[store.Intent](tx, bucketIntents); err != nil {
		return nil, err
	}
	if s.Holds, err = readAll[store.Hold](tx, bucketHolds); err != nil {
		return nil, err
	}
	if s.Accepted, err = readAll[store.Acceptance](tx, bucketAccepted); err != nil {
		return nil, err
	}
	if s.Confirmed, err = readConfirmed(tx); err != nil {
		return nil, err
	}
	s.Resources, err = readResources(tx.Bucket(bucketResources))
	return s, err
}

// readConfirmed decodes what the bucket meta has of hosts.
func readConfirmed(tx *bbolt.Tx) (out []store.Confirmation, err error) {
	at := tx.Bucket(bucketMeta).Cursor()
	for k, v := at.Seek(keysConfirmed); bytes.HasPrefix(k, keysConfirmed); k, v = at.Next() {
		var c store.Confirmation
		if err := json.Unmarshal(v, &c); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", store.ErrCorrupt, k, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// readAll decodes a small bucket, in the order of its keys.
func readAll[T any](tx *bbolt.Tx, bucket []byte) (out []T, err error) {
	err = tx.Bucket(bucket).ForEach(func(k, v []byte) error {
		var t T
		if err := json.Unmarshal(v, &t); err != nil {
			return fmt.Errorf("%w: %s %s: %w", store.ErrCorrupt, bucket, k, err)
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

// chunk is how many resources a goroutine decodes at a time: enough to make its
// start cheap, few enough for all processors to end together.
const chunk = 512

// readResources decodes in parallel: decoding costs 20 times as much as reading.
// The values are the mapped file's, valid while the transaction is open.
func readResources(b *bbolt.Bucket) ([]*schema.Resource, error) {
	var docs [][]byte
	err := b.ForEach(func(_, v []byte) error {
		docs = append(docs, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]*schema.Resource, len(docs))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(docs); from += chunk {
		to := min(from+chunk, len(docs))
		group.Go(func() error {
			return guard(func() error { return decode(docs[from:to], out[from:to]) })
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b *schema.Resource) int { return a.Compare(b.Ref) })
	return out, nil
}

func decode(docs [][]byte, out []*schema.Resource) error {
	for i, doc := range docs {
		r, err := schema.Decode(doc)
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
		out[i] = r
	}
	return nil
}
