package bolt

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"enid/reconcile/store"
	"enid/schema"
)

// Load answers all records but the history.
func (db *DB) Load(ctx context.Context) (*store.State, error) {
	var s *store.State
	err := db.view(ctx, func(r reader) (err error) {
		s, err = r.load()
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (r *reader) load() (s *store.State, err error) {
	s = &store.State{Meta: r.meta}
	if s.Intents, err = readAll[store.Intent](r, bucketIntents); err != nil {
		return nil, err
	}
	if s.Holds, err = readAll[store.Hold](r, bucketHolds); err != nil {
		return nil, err
	}
	if s.Accepted, err = readAll[store.Acceptance](r, bucketAccepted); err != nil {
		return nil, err
	}
	if s.Confirmed, err = readAll[store.Confirmation](r, bucketMeta); err != nil {
		return nil, err
	}
	s.Resources, err = readResources(r)
	return s, err
}

// readAll decodes a small bucket, in the order of its keys.
func readAll[T any](r *reader, bucket []byte) (out []T, err error) {
	err = r.each(bucket, func(k, text []byte) error {
		var t T
		if err := json.Unmarshal(text, &t); err != nil {
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
func readResources(r *reader) ([]*schema.Resource, error) {
	var docs [][]byte
	err := r.each(bucketResources, func(_, text []byte) error {
		docs = append(docs, text)
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
