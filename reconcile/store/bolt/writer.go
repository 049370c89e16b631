package bolt

import (
	"encoding/json"
	"errors"

	"enid/reconcile/store"
)

// writer writes into one transaction until something fails.
type writer struct {
	reader
	err error
}

// upgrade writes the records of an older format anew. It is part of a commit: a crash
// leaves all of them as they were, or all as they are now to be.
func (w *writer) upgrade() {
	if w.sealed() {
		return
	}
	w.sums.Sets = map[string]set{}
	for _, bucket := range buckets() {
		was := map[string][]byte{}
		err := w.each(bucket, func(k, text []byte) error {
			was[string(k)] = text
			return nil
		})
		if err != nil && w.err == nil {
			w.err = err
		}
		for k, text := range was {
			w.put(bucket, []byte(k), text)
		}
	}
	w.meta.Format = store.Format
}

func (w *writer) put(bucket, key, text []byte) {
	if w.err != nil {
		return
	}
	sealed := seal(bucket, key, text)
	w.sums.Sets[string(bucket)] = w.others(bucket, key).with(sealed)
	w.err = w.tx.Bucket(bucket).Put(key, sealed)
}

func (w *writer) delete(bucket, key []byte) {
	if w.err != nil {
		return
	}
	w.sums.Sets[string(bucket)] = w.others(bucket, key)
	w.err = w.tx.Bucket(bucket).Delete(key)
}

// others is the bucket's set without the record at key.
func (w *writer) others(bucket, key []byte) set {
	s := w.sums.Sets[string(bucket)]
	if stored := w.tx.Bucket(bucket).Get(key); stored != nil && w.sealed() {
		return s.without(stored)
	}
	return s
}

func (w *writer) json(bucket, key []byte, v any) {
	text, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.put(bucket, key, text)
}

// finish writes what the store then knows of itself; nothing can be written after it.
func (w *writer) finish(m store.Meta) error {
	text, err := json.Marshal(m)
	if w.err = errors.Join(w.err, err); w.err != nil {
		return w.err
	}
	return w.first(text)
}

// first writes the first record, and the sums with it.
func (w *writer) first(text []byte) error {
	w.sums.Meta = digest(bucketMeta, keyMeta, text)
	sealed, err := json.Marshal(w.sums)
	if err != nil {
		return err
	}
	b := w.tx.Bucket(bucketMeta)
	return errors.Join(b.Put(keyMeta, text), b.Put(keySums, seal(bucketMeta, keySums, sealed)))
}
