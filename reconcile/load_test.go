package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// counting notes which files are read.
type counting struct {
	fstest.MapFS
	mu   *sync.Mutex
	read *[]string
}

func (c counting) ReadFile(name string) ([]byte, error) {
	if name != ".enidignore" {
		c.mu.Lock()
		*c.read = append(*c.read, name)
		c.mu.Unlock()
	}
	return c.MapFS.ReadFile(name)
}

func TestLoadReadsWhatChanged(t *testing.T) {
	var read []string
	folder := counting{fstest.MapFS{}, &sync.Mutex{}, &read}
	put := func(name, text string) { folder.MapFS[name] = &fstest.MapFile{Data: []byte(text)} }
	put("net.yaml", network)
	for i := range 5 {
		put(fmt.Sprintf("eni-%d.yaml", i), eni(fmt.Sprint("e", i), ""))
	}
	rev := Revision{ID: "c1", FS: folder, Digest: func(path string) (string, bool) { return string(folder.MapFS[path].Data), true }}
	var cache Cache
	load := func(want ...string) *schema.Topology {
		t.Helper()
		read = nil
		topology, findings, err := Load(t.Context(), rev, &cache)
		if err != nil || len(Errors(findings)) > 0 {
			t.Fatal(findings, err)
		}
		slices.Sort(read)
		if !slices.Equal(read, want) {
			t.Errorf("read %v, want %v", read, want)
		}
		return topology
	}
	load("eni-0.yaml", "eni-1.yaml", "eni-2.yaml", "eni-3.yaml", "eni-4.yaml", "net.yaml")
	load()
	put("eni-3.yaml", eni("e3", ", description: changed"))
	delete(folder.MapFS, "eni-4.yaml")
	if n := len(load("eni-3.yaml").OfKind(schema.KindENI)); n != 4 {
		t.Errorf("%d ENIs", n)
	}
	rev.Digest = nil // then files are read, but parsed only when they differ
	cache.files["eni-0.yaml"] = cached{digest: cache.files["eni-0.yaml"].file.Digest, file: cache.files["eni-1.yaml"].file}
	topology, findings, _ := Load(t.Context(), rev, &cache)
	if len(Errors(findings)) == 0 || topology.Get(schema.Ref{Kind: schema.KindENI, Name: "e0"}) != nil {
		t.Error("a file whose bytes are the same was parsed again")
	}
}

func TestLoadAnswersAllFindingsInOrder(t *testing.T) {
	_, findings, err := Load(t.Context(), Revision{FS: fstest.MapFS{
		"b.yaml": &fstest.MapFile{Data: []byte("{apiVersion: enid/v1, kind: Thing, metadata: {name: x}, spec: {}}")},
		"a.yaml": &fstest.MapFile{Data: []byte("\nkind: VPC\n")},
		"c.yaml": &fstest.MapFile{Mode: fs.ModeSymlink},
	}}, &Cache{})
	var places []string
	for _, f := range findings {
		places = append(places, f.Pos.File)
	}
	if err != nil || !slices.Equal(places, []string{"a.yaml", "b.yaml", "c.yaml"}) {
		t.Errorf("%v %v", findings, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Load(ctx, Revision{FS: files(network)}, &Cache{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMisplaced(t *testing.T) {
	topology, _, err := Load(t.Context(), Revision{FS: fstest.MapFS{
		"policies/a.yaml":   &fstest.MapFile{Data: []byte(downtime)},
		"policies-b/a.yaml": &fstest.MapFile{Data: []byte(strings.Replace(downtime, "day", "night", 1))},
	}}, &Cache{})
	if err != nil {
		t.Fatal(err)
	}
	if got := Misplaced(topology, "policies"); len(got) != 1 || got[0].Ref.Name != "night" {
		t.Errorf("%v", got)
	}
	if got := Misplaced(topology, "."); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Class
	}{
		{&cloud.APIError{Code: "Throttling", Status: 429}, Retry},
		{&cloud.APIError{Code: "InternalError", Status: 500}, Retry},
		{fmt.Errorf("do: %w", &cloud.APIError{Code: "InvalidOperation.InvalidEniState", Status: 400}), Wait},
		{&cloud.APIError{Code: "MaxEniCountExceeded", Status: 403}, Person},
		{&SourceError{Condition: Unreachable}, Retry},
		{&SourceError{Condition: Unauthorized}, Person},
		{&SourceError{Condition: Shrunk}, Person},
		{context.DeadlineExceeded, Retry},
		{fmt.Errorf("record: %w", store.ErrStale), Retry},
		{fmt.Errorf("record: %w", store.ErrCorrupt), Person},
		{ErrOtherSource, Person},
	} {
		if got := Classify(c.err); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
}
