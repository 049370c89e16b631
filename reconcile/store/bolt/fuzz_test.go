package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
)

// FuzzState puts a record that nobody wrote, sealed as a record is, into each bucket:
// the state is read with all that was in it before, or refused as damaged or as of a
// later enid, and never taken for an empty one.
func FuzzState(f *testing.F) {
	dir, _ := sample(f, 5)
	db := open(f, dir, Options{})
	for i, record := range []string{`{"format":2,"lineage":"x","serial":7}`, `{"kind":"VPC"}`, `{"serial":9,"outcome":"done"}`, "\x1f\x8b", "[]",
		`{"op":"eni.create","target":"ENI/a"}`, `{"op":"eni.create","target":7}`, `{"commit":"x","by":"ann"}`, `{"format":3}`, "", "null", "{", `{"serial":1e99}`,
		`{"apiVersion":"enid/v1","kind":"ENI","metadata":{"name":"a"},"spec":{"subnet":"s","securityGroups":["g"]},"status":{"phase":"in-use"}}`} {
		f.Add(byte(i), "ENI/new", []byte(record))
		f.Add(byte(1), "ENI/new", []byte(record))
	}
	f.Add(byte(2), string(serialKey(99)), []byte(`{"serial":99,"outcome":"done"}`))
	f.Fuzz(func(t *testing.T, which byte, key string, record []byte) {
		bucket := buckets()[int(which)%len(buckets())]
		back := errors.New("rolled back")
		err := db.bolt.Update(func(tx *bbolt.Tx) error {
			if key == "" || len(key) > bbolt.MaxKeySize || tx.Bucket(bucket).Get([]byte(key)) != nil {
				return back
			}
			before, _, err := readWhole(tx)
			if err != nil {
				t.Fatal(err)
			}
			if err := forge(tx, bucket, key, record); err != nil {
				t.Fatal(err)
			}
			after, _, err := readWhole(tx)
			switch {
			case err != nil && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrNewer):
				t.Errorf("%s %q = %q: %v", bucket, key, record, err)
			case err == nil && (len(after.Resources) < len(before.Resources) || len(after.Intents) < len(before.Intents) || len(after.Holds) < len(before.Holds)):
				t.Errorf("%s %q = %q: read without what was there", bucket, key, record)
			}
			return back
		})
		if !errors.Is(err, back) {
			t.Fatal(err)
		}
	})
}

// forge puts a record in its place with the digests that it would have; in the bucket
// meta it is the first one.
func forge(tx *bbolt.Tx, bucket []byte, key string, record []byte) error {
	r, err := newReader(tx)
	if err != nil {
		return err
	}
	w := &writer{reader: r}
	if bytes.Equal(bucket, bucketMeta) {
		return w.first(record)
	}
	w.put(bucket, []byte(key), record)
	return w.finish(w.meta)
}

// readWhole reads everything as a process does that was just started.
func readWhole(tx *bbolt.Tx) (s *store.State, history []store.Detail, err error) {
	return s, history, guard(func() error {
		r, err := newReader(tx)
		if err != nil {
			return err
		}
		if err = r.verify(); err != nil {
			return err
		}
		if s, err = r.load(); err != nil {
			return err
		}
		list, err := r.history(0, 0)
		if err != nil {
			return err
		}
		for _, one := range list {
			d, err := r.detail(one.Serial)
			if err != nil {
				return err
			}
			history = append(history, *d)
		}
		return nil
	})
}

// FuzzStateFile writes over a place of a state's file and cuts its end: what was
// written is read, or nothing.
func FuzzStateFile(f *testing.F) {
	dir, text := sample(f, 5)
	want, err := contents(f, dir, Options{ReadOnly: true})
	if err != nil {
		f.Fatal(err)
	}
	page := uint32(os.Getpagesize())
	for id := range uint32(len(text)) / page {
		f.Add(id*page+10, []byte{1}, uint32(0))               // its count
		f.Add(id*page+16, []byte{0, 0, 0, 0, 255}, uint32(0)) // its first element
		f.Add(id*page, make([]byte, page), uint32(0))
	}
	f.Add(uint32(0), []byte{}, page)
	f.Fuzz(func(t *testing.T, at uint32, over []byte, cut uint32) {
		damaged := bytes.Clone(text)
		copy(damaged[int(at)%len(damaged):], over)
		damaged = damaged[:len(damaged)-int(cut)%len(damaged)]
		dir := t.TempDir()
		name := filepath.Join(dir, fileName)
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{ReadOnly: true}, {}} {
			got, err := contents(t, dir, o)
			if err == nil && got != want {
				t.Errorf("other contents were read:\n%s", got)
			}
			if err != nil && (!errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), name)) {
				t.Errorf("refused with: %v", err)
			}
		}
	})
}
