package bolt

import (
	"errors"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// FuzzState puts a record that nobody wrote into each bucket: the state is read, or
// refused as damaged or as of a later enid, and never taken for an empty one.
func FuzzState(f *testing.F) {
	db, err := Open(f.TempDir(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	for i, record := range []string{`{"format":1,"lineage":"x","serial":7}`, `{"kind":"VPC"}`, `{"call":{"op":"eni.create"}}`, "\x1f\x8b", "", "null", "[]", "{", `{"serial":1e99}`,
		`{"apiVersion":"enid/v1","kind":"ENI","metadata":{"name":"a"},"spec":{"subnet":"s","securityGroups":["g"]},"status":{"phase":"in-use"}}`} {
		f.Add(byte(i), "ENI/a", []byte(record))
	}
	f.Fuzz(func(t *testing.T, which byte, key string, record []byte) {
		if key == "" || len(key) > 1000 {
			return
		}
		bucket := buckets()[int(which)%len(buckets())]
		if string(bucket) == string(bucketMeta) {
			key = string(keyMeta)
		}
		err := db.bolt.Update(func(tx *bbolt.Tx) error {
			was := append([]byte{}, tx.Bucket(bucketMeta).Get(keyMeta)...)
			if err := tx.Bucket(bucket).Put([]byte(key), record); err != nil {
				return err
			}
			_, refused := load(tx)
			if refused != nil && !errors.Is(refused, store.ErrCorrupt) {
				t.Errorf("%s %q = %q: %v", bucket, key, record, refused)
			}
			if err := tx.Bucket(bucket).Delete([]byte(key)); err != nil {
				return err
			}
			return tx.Bucket(bucketMeta).Put(keyMeta, was)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
