package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// sealedSince is the format from which on records have digests. Those of an older one
// are read as they are, until the first commit writes them anew.
const sealedSince = 2

// reader reads the records of one transaction, none but as it was written.
type reader struct {
	tx   *bbolt.Tx
	meta store.Meta
	sums sums
}

// newReader reads what the store knows of itself. A later format is ErrNewer.
func newReader(tx *bbolt.Tx) (r reader, err error) {
	r.tx = tx
	b := tx.Bucket(bucketMeta)
	if b == nil {
		return r, fmt.Errorf("%w: it has no bucket %s, so another program made it", store.ErrCorrupt, bucketMeta)
	}
	text, sealed := b.Get(keyMeta), b.Get(keySums)
	if sealed != nil {
		if err := unjson(bucketMeta, keySums, sealed, &r.sums); err != nil {
			return r, err
		}
		if r.sums.Meta != digest(bucketMeta, keyMeta, text) {
			return r, fmt.Errorf("%w: its first record is not as it was written", store.ErrCorrupt)
		}
	}
	if err := json.Unmarshal(text, &r.meta); err != nil {
		return r, fmt.Errorf("%w: its first record: %w", store.ErrCorrupt, err)
	}
	switch {
	case r.meta.Format > store.Format:
		return r, fmt.Errorf("%w: format %d, this enid reads up to %d; use that enid", store.ErrNewer, r.meta.Format, store.Format)
	case r.meta.Format < 1, r.sealed() != (sealed != nil):
		return r, fmt.Errorf("%w: its first record says format %d, its others do not", store.ErrCorrupt, r.meta.Format)
	}
	return r, nil
}

func (r *reader) sealed() bool { return r.meta.Format >= sealedSince }

// open answers the record in what is stored.
func (r *reader) open(bucket, key, stored []byte) ([]byte, error) {
	if !r.sealed() {
		return stored, nil
	}
	return unseal(bucket, key, stored)
}

// get answers one record, nil where there is none.
func (r *reader) get(bucket, key []byte) ([]byte, error) {
	stored := r.tx.Bucket(bucket).Get(key)
	if stored == nil {
		return nil, nil
	}
	return r.open(bucket, key, stored)
}

// each answers all records of a bucket, in the order of their keys, and an error where
// one is not among them that was written. The texts are the file's, valid while the
// transaction is open.
func (r *reader) each(bucket []byte, do func(key, text []byte) error) error {
	var found set
	err := r.tx.Bucket(bucket).ForEach(func(k, stored []byte) error {
		if apart(bucket, k) {
			return nil
		}
		text, err := r.open(bucket, k, stored)
		if err != nil {
			return err
		}
		if r.sealed() {
			found = found.with(stored)
		}
		return do(k, text)
	})
	if err != nil {
		return err
	}
	if written := r.sums.Sets[string(bucket)]; found != written {
		return fmt.Errorf("%w: of the %d records %s that were written, %d are there", store.ErrCorrupt, written.Count, bucket, found.Count)
	}
	return nil
}

// apart answers the records that are in no set.
func apart(bucket, key []byte) bool {
	return bytes.Equal(bucket, bucketMeta) && (bytes.Equal(key, keyMeta) || bytes.Equal(key, keySums))
}

// verify reads every record, the history's too.
func (r *reader) verify() error {
	for _, name := range buckets() {
		if r.tx.Bucket(name) == nil {
			return fmt.Errorf("%w: it has no bucket %s", store.ErrCorrupt, name)
		}
		if err := r.each(name, func(_, _ []byte) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

func unjson(bucket, key, sealed []byte, to any) error {
	text, err := unseal(bucket, key, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%w: %s %q: %w", store.ErrCorrupt, bucket, key, err)
	}
	return nil
}
