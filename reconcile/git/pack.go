package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// damagedPack is a pack that arrived whole or in part and is not one. Packs are
// asked for without references to objects outside of them, so that the cache has
// no part in it.
type damagedPack struct{ err error }

func (e *damagedPack) Error() string { return "the server sent a damaged pack: " + e.err.Error() }
func (e *damagedPack) Unwrap() error { return e.err }

// receive writes a pack from the network into the cache and indexes it. The
// library's own writer would leave its temporary file and two descriptors behind
// after a pack that is cut off, and would not stop with ctx while it indexes. What is
// too much for the limits is a *tooMuch.
//
// Crash before the last rename: the pack is not there, and is fetched again.
// Crash after it: the pack is whole, and only the reference to it is missing.
func (st *store) receive(ctx context.Context, r io.Reader, most limits) error {
	dir := filepath.Join(st.dir, "objects", "pack")
	f, err := os.CreateTemp(dir, temporary+"*.pack")
	if err != nil {
		return fmt.Errorf("making a pack: %w", err)
	}
	defer os.Remove(f.Name()) // gone already once renamed
	defer f.Close()
	src := &source{ctx: ctx, Reader: r}
	if err := most.write(f, src, space(dir)); err != nil {
		if src.err != nil {
			return &damagedPack{src.err}
		}
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading a pack back: %w", err)
	}
	index := &idxfile.Writer{}
	parser, err := packfile.NewParser(packfile.NewScanner(&seekSource{source{ctx: ctx, Reader: f}, f}), weighed{index, most})
	if err != nil {
		return fmt.Errorf("indexing a pack: %w", err)
	}
	sum, err := parser.Parse()
	if err != nil {
		return &damagedPack{err}
	}
	return st.keep(f.Name(), filepath.Join(dir, "pack-"+sum.String()), index)
}

// keep moves a pack to its name. Readers list packs, not indexes, so the index
// comes first.
func (st *store) keep(from, to string, w *idxfile.Writer) error {
	index, err := w.Index()
	if err != nil {
		return &damagedPack{err}
	}
	f, err := os.CreateTemp(filepath.Dir(to), temporary+"*.idx")
	if err != nil {
		return fmt.Errorf("making an index: %w", err)
	}
	defer os.Remove(f.Name())
	whole := bufio.NewWriter(f) // the library writes numbers one by one
	_, err = idxfile.NewEncoder(whole).Encode(index)
	if err := errors.Join(err, whole.Flush(), f.Close()); err != nil {
		return fmt.Errorf("writing an index: %w", err)
	}
	if err := os.Rename(f.Name(), to+".idx"); err != nil {
		return fmt.Errorf("keeping an index: %w", err)
	}
	if err := os.Rename(from, to+".pack"); err != nil {
		return fmt.Errorf("keeping a pack: %w", err)
	}
	st.objects.Reindex()
	return nil
}

// source ends with its context and remembers whether it was the one that failed.
type source struct {
	io.Reader
	ctx context.Context
	err error
}

// Read reads unless the context has ended.
func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

type seekSource struct {
	source
	io.Seeker
}
