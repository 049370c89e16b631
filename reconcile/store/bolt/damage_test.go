package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
	"enid/reconcile/store/storetest"
	"enid/schema"
)

// sample is a state with something in each bucket, so many resources, and pages that
// are free again. It answers its folder, and its file as it is once closed.
func sample(t testing.TB, resources int) (dir string, text []byte) {
	t.Helper()
	dir = t.TempDir()
	db, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	c := &store.Change{Source: "here"}
	for i := range resources {
		r := storetest.ENI(fmt.Sprintf("e%05d", i))
		call := store.Call{Op: "eni.create", Target: r.Ref}
		c.Put = append(c.Put, r)
		if i < 5 {
			c.Intend = append(c.Intend, store.Intent{Call: call, Operation: "CreateNetworkInterface", At: at})
			c.Hold = append(c.Hold, store.Hold{Call: call, Message: "no", At: at, Digest: "d"})
			c.Accept = append(c.Accept, store.Acceptance{Commit: fmt.Sprint("c", i), By: "ann", At: at})
			c.Confirm = append(c.Confirm, store.Confirmation{Host: r.Name, Failed: "x", At: at})
		}
	}
	m, err := db.Commit(t.Context(), 0, c)
	for i := 0; err == nil && i < 8; i++ {
		plan, _ := json.Marshal(strings.Repeat(fmt.Sprint("step ", i), 100*i))
		if m, err = db.Commit(t.Context(), m.Epoch, &store.Change{Begin: &store.Begin{Revision: store.Revision{Commit: fmt.Sprint(i), At: at}, Plan: plan}}); err == nil {
			m, err = db.Commit(t.Context(), m.Epoch, &store.Change{Steps: []store.Step{{Call: store.Call{Op: "eni.create", Target: c.Put[i%len(c.Put)].Ref}, ID: "s1", At: at}},
				Delete: []schema.Ref{c.Put[len(c.Put)-1-i%2].Ref}, End: &store.End{Outcome: store.Done, At: at}})
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	return dir, text
}

// contents answers everything that a process reads of a state, as text.
func contents(t testing.TB, dir string, o Options) (string, error) {
	o.Timeout = time.Second
	db, err := Open(dir, o)
	if err != nil {
		return "", err
	}
	defer db.Close()
	s, err := db.Load(t.Context())
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	for _, r := range s.Resources {
		doc, err := schema.Encode(r)
		if err != nil {
			return "", err
		}
		b.Write(doc)
	}
	s.Resources = nil
	list, err := db.History(t.Context(), 0, 0)
	if err != nil {
		return "", err
	}
	out := []any{s}
	for _, one := range list {
		d, err := db.Revision(t.Context(), one.Serial)
		if err != nil {
			return "", err
		}
		out = append(out, one, d)
	}
	err = json.NewEncoder(&b).Encode(out)
	return b.String(), err
}

// TestFlippedBits flips one bit of a state's file at a time, thousands of them: at the
// head of every page, which says what is where, and anywhere. Exactly what was written
// is read, or the state is refused with what to do.
func TestFlippedBits(t *testing.T) {
	dir, text := sample(t, 300)
	name := filepath.Join(dir, fileName)
	want, err := contents(t, dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var places []int
	for page := 0; page < len(text); page += os.Getpagesize() {
		for range 12 {
			places = append(places, page+random.IntN(48))
		}
	}
	for at := range 80 {
		places = append(places, at, os.Getpagesize()+at, random.IntN(len(text)))
	}
	for range 1500 {
		places = append(places, random.IntN(len(text)))
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	refused := 0
	for i, at := range places {
		bit := byte(1) << random.IntN(8)
		if _, err := f.WriteAt([]byte{text[at] ^ bit}, int64(at)); err != nil {
			t.Fatal(err)
		}
		got, err := contents(t, dir, Options{ReadOnly: i%2 == 0})
		switch {
		case err == nil && got != want:
			t.Errorf("byte %d, bit %#x: other contents were read", at, bit)
		case err != nil:
			refused++
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "put a backup in its place") {
				t.Errorf("byte %d, bit %#x: %v", at, bit, err)
			}
		}
		if _, err := f.WriteAt(text[at:at+1], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d refused; the others are of no record", refused, len(places))
	if refused < len(places)/4 {
		t.Errorf("only %d of %d refused", refused, len(places))
	}
	if got, err := contents(t, dir, Options{}); err != nil || got != want {
		t.Errorf("whole again: %v", err)
	}
}

// TestLostRecord: a record that is gone is noticed in each bucket, by the process that
// has the state open and by the next.
func TestLostRecord(t *testing.T) {
	for _, bucket := range buckets() {
		t.Run(string(bucket), func(t *testing.T) {
			dir, _ := sample(t, 5)
			raw, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = raw.Update(func(tx *bbolt.Tx) error {
				k, _ := tx.Bucket(bucket).Cursor().First()
				return tx.Bucket(bucket).Delete(bytes.Clone(k))
			})
			if err = errors.Join(err, raw.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "were written") {
				t.Errorf("opened: %v", err)
			}
			raw, err = bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			db := &DB{dir: dir, bolt: raw}
			defer db.Close()
			_, err = db.Load(t.Context())
			if inHistory := strings.Contains("revisions plans steps", string(bucket)); !inHistory && !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("read: %v", err)
			}
		})
	}
}

// TestTurnedBack: a state whose newest transaction cannot be told is not taken for the
// one before it, in which a step that was begun is not known.
func TestTurnedBack(t *testing.T) {
	for page := range 2 {
		dir, text := sample(t, 5)
		damaged := bytes.Clone(text)
		damaged[page*os.Getpagesize()+pageHeader+48] ^= 1
		if err := os.WriteFile(filepath.Join(dir, fileName), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "newest transaction") {
			t.Errorf("page %d: %v", page, err)
		}
	}
}

// TestNotAState puts what is no state in its place.
func TestNotAState(t *testing.T) {
	things := map[string]struct {
		put  func(name string) error
		says string
	}{
		"a folder": {func(name string) error { return os.Mkdir(name, 0o700) }, "it is no file"},
		"a pipe":   {func(name string) error { return syscall.Mkfifo(name, 0o600) }, "it is no file"},
		"nothing":  {func(name string) error { return os.WriteFile(name, nil, 0o600) }, "0 bytes"},
		"another program's": {func(name string) error {
			db, err := bbolt.Open(name, 0o600, nil)
			if err != nil {
				return err
			}
			err = db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucket([]byte("theirs"))
				if err != nil {
					return err
				}
				_, err = b.CreateBucket([]byte("meta"))
				return err
			})
			return errors.Join(err, db.Close())
		}, "another program made it"},
	}
	for thing, c := range things {
		t.Run(thing, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, fileName)
			if err := c.put(name); err != nil {
				t.Fatal(err)
			}
			for _, o := range []Options{{}, {ReadOnly: true}} {
				_, err := Open(dir, o)
				if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "a backup in its place") {
					t.Errorf("%+v: %v", o, err)
				}
			}
		})
	}
}

// TestEveryPage zeroes pages, and puts an older or another page in their place, as
// disks do that lose a write or write it elsewhere. The newest transaction's own page
// lost is the state before it, as a power cut leaves it.
func TestEveryPage(t *testing.T) {
	dir, text := sample(t, 100)
	want, err := contents(t, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, dir, Options{})
	m, err := db.Meta(t.Context())
	if err == nil {
		_, err = db.Commit(t.Context(), m.Epoch, &store.Change{Put: []*schema.Resource{storetest.ENI("late")}})
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	name, size := filepath.Join(dir, fileName), os.Getpagesize()
	late, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := contents(t, dir, Options{})
	if err != nil || newer == want {
		t.Fatal(err, "a commit changes something")
	}
	for page := 0; page < len(text); page += size {
		for what, with := range map[string][]byte{"zeroed": make([]byte, size), "older": text[page : page+size], "its neighbour": late[(page+size)%len(late):]} {
			if what == "older" && page < 2*size {
				continue
			}
			damaged := bytes.Clone(late)
			copy(damaged[page:page+size], with)
			if err := os.WriteFile(name, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := contents(t, dir, Options{})
			if err == nil && got != newer || err != nil && !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("page %d %s: %v, other contents %v", page/size, what, err, got != newer)
			}
		}
	}
}
