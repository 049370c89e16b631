package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"enid/reconcile/store"
	"enid/reconcile/store/storetest"
	"enid/schema"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Store, func() store.Store) {
		dir := t.TempDir()
		db := open(t, dir, Options{})
		return db, func() store.Store {
			db.Close()
			return open(t, dir, Options{})
		}
	})
}

func open(t testing.TB, dir string, o Options) *DB {
	t.Helper()
	db, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "enid")
	open(t, dir, Options{})
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, fileName): 0o600, filepath.Join(dir, pidName): 0o600} {
		if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, stat, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".enid.db-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadersOfNothingMakeNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "enid")
	for _, o := range []Options{{ReadOnly: true}, {Existing: true}} {
		if _, err := Open(dir, o); !errors.Is(err, store.ErrAbsent) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestReadersShare(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, Options{})
	if _, err := db.Commit(t.Context(), 0, &store.Change{Put: []*schema.Resource{storetest.ENI("a")}}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for range 2 {
		state, err := open(t, dir, Options{ReadOnly: true}).Load(t.Context())
		if err != nil || len(state.Resources) != 1 {
			t.Error(state, err)
		}
	}
	if Holder(dir) != 0 {
		t.Error("a reader holds nothing")
	}
	reader := open(t, dir, Options{ReadOnly: true})
	if _, err := reader.Commit(t.Context(), 1, &store.Change{}); err == nil {
		t.Error("a reader wrote")
	}
}

// TestHolderIsNamed holds the state in another process.
func TestHolderIsNamed(t *testing.T) {
	if dir := os.Getenv("ENID_TEST_HOLD"); dir != "" {
		open(t, dir, Options{})
		fmt.Println("held")
		time.Sleep(time.Minute)
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHolderIsNamed$")
	cmd.Env = append(os.Environ(), "ENID_TEST_HOLD="+dir)
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	out.Read(make([]byte, 1))
	for _, readOnly := range []bool{false, true} {
		_, err := Open(dir, Options{Timeout: 60 * time.Millisecond, ReadOnly: readOnly})
		if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process: %d held it", cmd.Process.Pid)) {
			t.Errorf("read only %v: %v", readOnly, err)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	if pid := Holder(dir); pid != 0 {
		t.Errorf("the dead process %d is named", pid)
	}
	open(t, dir, Options{Timeout: time.Second})
}

func TestDamage(t *testing.T) {
	whole := t.TempDir()
	db := open(t, whole, Options{})
	var put []*schema.Resource
	for i := range 500 {
		put = append(put, storetest.ENI(fmt.Sprint("e", i)))
	}
	if _, err := db.Commit(t.Context(), 0, &store.Change{Put: put}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	text, err := os.ReadFile(filepath.Join(whole, fileName))
	if err != nil {
		t.Fatal(err)
	}
	zeroed := bytes.Clone(text)
	clear(zeroed[2*os.Getpagesize():])
	files := map[string][]byte{
		"empty":        {},
		"text":         []byte(strings.Repeat("apiVersion: enid/v1\n", 2000)),
		"cut short":    text[:len(text)/2],
		"one page":     text[:os.Getpagesize()],
		"pages zeroed": zeroed,
		"noise":        noise(text),
	}
	for name, damaged := range files {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			err := read(t, dir)
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, damaged) {
				t.Error("the damaged file was written to")
			}
		})
	}
}

// noise damages every page behind the first two.
func noise(text []byte) []byte {
	text = bytes.Clone(text)
	for i := 2 * os.Getpagesize(); i < len(text); i += 97 {
		text[i] ^= 0x5a
	}
	return text
}

func read(t *testing.T, dir string) error {
	db, err := Open(dir, Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Load(t.Context())
	return err
}

func TestNewerFormat(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{}).Close()
	raw, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Update(func(tx *bbolt.Tx) error {
		w := &writer{reader: reader{tx: tx}}
		return w.finish(store.Meta{Format: store.Format + 1, Lineage: "x"})
	})
	if err = errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrNewer) {
		t.Error(err)
	}
}

// BenchmarkCommit is one step's effect and record; BenchmarkOpen and BenchmarkLoad are
// the start of an enid with 100,000 resources.
func BenchmarkCommit(b *testing.B) {
	db := open(b, b.TempDir(), Options{})
	m, _ := db.Commit(b.Context(), 0, &store.Change{Begin: &store.Begin{}})
	for b.Loop() {
		var err error
		m, err = db.Commit(b.Context(), m.Epoch, &store.Change{Put: []*schema.Resource{storetest.ENI("a")}, Steps: []store.Step{{ID: "s1"}}})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	many(b, open(b, dir, Options{})).Close()
	for b.Loop() {
		db, err := Open(dir, Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		db.Close()
	}
}

func BenchmarkLoad(b *testing.B) {
	start := time.Now()
	db := many(b, open(b, b.TempDir(), Options{}))
	written := time.Since(start)
	for b.Loop() {
		if state, err := db.Load(b.Context()); err != nil || len(state.Resources) != 100_000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(written.Milliseconds()), "ms-to-write")
}

// many puts 100,000 resources.
func many(b *testing.B, db *DB) *DB {
	var put []*schema.Resource
	for i := range 100_000 {
		put = append(put, storetest.ENI(fmt.Sprintf("e%06d", i)))
	}
	if _, err := db.Commit(b.Context(), 0, &store.Change{Put: put}); err != nil {
		b.Fatal(err)
	}
	return db
}
