package bolt

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"enid/reconcile/store"
)

// format1 is a state that an enid wrote before records had digests.
//
//go:embed testdata/format1.db.gz
var format1 []byte

// TestEarlierFormat: a state without digests is read as it is, left as it is, and
// written anew by the first commit.
func TestEarlierFormat(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(format1))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, fileName)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	was, err := contents(t, dir, Options{})
	if err != nil || !strings.Contains(was, "ENI") || !strings.Contains(was, `"format":1`) || !strings.Contains(was, "CreateNetworkInterface") || !strings.Contains(was, `"host":"web-1"`) {
		t.Fatalf("%v\n%s", err, was)
	}
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, text) {
		t.Errorf("reading it wrote to it: %v", err)
	}
	db := open(t, dir, Options{})
	m, err := db.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m, err = db.Commit(t.Context(), m.Epoch, &store.Change{}); err != nil || m.Format != store.Format {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	now, err := contents(t, dir, Options{ReadOnly: true})
	want := strings.Replace(strings.Replace(was, `"format":1`, `"format":2`, 1), `"epoch":2`, `"epoch":3`, 1)
	if err != nil || now != want {
		t.Errorf("%v\n%s\nwanted\n%s", err, now, want)
	}
}
