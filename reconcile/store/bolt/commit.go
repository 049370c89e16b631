package bolt

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
	"enid/schema"
)

// Commit makes all of c durable, or none of it.
func (db *DB) Commit(ctx context.Context, base uint64, c *store.Change) (m store.Meta, err error) {
	if err := ctx.Err(); err != nil {
		return m, fmt.Errorf("write %s: %w", db.file(), err)
	}
	docs, err := encode(c.Put) // before the transaction, which others wait for
	if err != nil {
		return m, fmt.Errorf("write %s: %w", db.file(), err)
	}
	// A crash before Update returns leaves the file as it was, or as it is now to
	// be: bbolt writes the page that makes a transaction valid last.
	err = guard(func() error {
		return db.bolt.Update(func(tx *bbolt.Tx) error {
			r, err := newReader(tx)
			if err != nil {
				return err
			}
			if m, err = store.Advance(r.meta, base, c); err != nil {
				return err
			}
			m.Format = store.Format
			w := &writer{reader: r}
			w.upgrade()
			w.resources(c, docs)
			w.notes(c)
			w.history(c, m)
			return w.finish(m)
		})
	})
	// A crash here finds the commit done; its writer reads the new epoch.
	return m, db.fault("write", err)
}

func encode(resources []*schema.Resource) ([][]byte, error) {
	docs := make([][]byte, len(resources))
	for i, r := range resources {
		doc, err := schema.Encode(r)
		if err != nil {
			return nil, err
		}
		docs[i] = doc
	}
	return docs, nil
}

func (w *writer) resources(c *store.Change, docs [][]byte) {
	for i, r := range c.Put {
		w.put(bucketResources, []byte(r.Ref.String()), docs[i])
	}
	for _, ref := range c.Delete {
		w.delete(bucketResources, []byte(ref.String()))
	}
}

func (w *writer) notes(c *store.Change) {
	for _, call := range c.Resolve {
		w.delete(bucketIntents, []byte(call.String()))
	}
	for _, x := range c.Intend {
		w.json(bucketIntents, []byte(x.Call.String()), x)
	}
	for _, call := range c.Release {
		w.delete(bucketHolds, []byte(call.String()))
	}
	for _, x := range c.Hold {
		w.json(bucketHolds, []byte(x.Call.String()), x)
	}
	for _, commit := range c.Spend {
		w.delete(bucketAccepted, []byte(commit))
	}
	for _, x := range c.Accept {
		w.json(bucketAccepted, []byte(x.Commit), x)
	}
	for _, x := range c.Confirm {
		w.json(bucketMeta, append(slices.Clone(keysConfirmed), x.Host...), x)
	}
}

func serialKey(serial uint64) []byte { return binary.BigEndian.AppendUint64(nil, serial) }
