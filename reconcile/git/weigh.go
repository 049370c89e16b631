package git

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// limits bound what a server can make of a fetch. The library holds an object that it
// unpacks or patches in memory, as large as the server says that it is; a few bytes of
// a pack say gigabytes.
type limits struct {
	listing int64 // bytes of the list of references
	pack    int64 // bytes of a pack, as it arrives; half of the free disk is one as well
	objects int64 // of a pack
	total   int64 // bytes of all objects of a pack, unpacked
	object  int64 // bytes of one, unpacked
	tree    int64
	commit  int64 // or a tag
}

// fair is far beyond a repository of topologies, and beyond what the large hosts take:
// GitHub refuses a file of 100 MiB. A list of 64 MiB is about a million references.
var fair = limits{listing: 64 << 20, pack: 8 << 30, objects: 4_000_000, total: 32 << 30,
	object: 128 << 20, tree: 32 << 20, commit: 4 << 20}

// tooMuch is what a server sends beyond a limit.
type tooMuch struct {
	of   string
	most int64
}

func (e *tooMuch) Error() string { return fmt.Sprintf("%s; the limit is %d", e.of, e.most) }

// allowance is how many bytes of something may still come: what a tee writes to, which
// ends the reading. Libraries do not all wrap the error, so that it is kept.
type allowance struct {
	of         string
	most, seen int64
	err        error
}

// Write counts, and fails beyond the limit.
func (a *allowance) Write(p []byte) (int, error) {
	if a.seen += int64(len(p)); a.seen > a.most {
		a.err = &tooMuch{a.of + " has more bytes than are read", a.most}
		return 0, a.err
	}
	return len(p), nil
}

// acknowledgements bounds what comes before a pack: the server's words about each of
// the commits that it was told, which the library collects.
func acknowledgements() *allowance {
	return &allowance{of: "what the server says before the pack", most: 256 * mostHaves}
}

// end lets everything else come.
func (a *allowance) end() { a.most = math.MaxInt64 }

// write writes a pack to a file while it is weighed; room is what the disk has for it.
func (l limits) write(to io.Writer, pack io.Reader, room int64) error {
	allowed, file := &allowance{of: "the pack", most: min(l.pack, room)}, &sink{Writer: to}
	full := room < l.pack // it is the disk's limit then, and not the pack's fault
	in := io.TeeReader(io.TeeReader(pack, allowed), file)
	err := l.weigh(in)
	if err == nil {
		_, err = io.Copy(io.Discard, in) // its checksum
	}
	heavy := (*tooMuch)(nil)
	switch {
	case allowed.err != nil && full:
		return fmt.Errorf("a pack may take half of what is free, %d bytes, and has more: %w", room, syscall.ENOSPC)
	case allowed.err != nil:
		return allowed.err
	case file.err != nil:
		return fmt.Errorf("writing a pack: %w", file.err)
	case err != nil && !errors.As(err, &heavy):
		return &damagedPack{err}
	}
	return err
}

// sink remembers whether it was the one that failed.
type sink struct {
	io.Writer
	err error
}

// Write writes.
func (s *sink) Write(p []byte) (n int, err error) {
	n, err = s.Writer.Write(p)
	s.err = cmp.Or(s.err, err)
	return n, err
}

// weigh reads a pack as it arrives, to its last object, and fails at the first that is
// too large: before anything is held in memory, and before the rest is fetched.
func (l limits) weigh(r io.Reader) error {
	scanner := packfile.NewScanner(r)
	_, count, err := scanner.Header()
	if err != nil {
		return err
	}
	if int64(count) > l.objects {
		return &tooMuch{fmt.Sprintf("the pack has %d objects", count), l.objects}
	}
	var total int64
	for range count {
		size, err := l.next(scanner)
		if err != nil {
			return err
		}
		if total += size; total > l.total {
			return &tooMuch{"the pack's objects have more bytes together, unpacked, than are read", l.total}
		}
	}
	return nil
}

// next answers the size of the scanner's next object, unpacked and patched. The
// scanner sees to it that one is no longer than it says.
func (l limits) next(scanner *packfile.Scanner) (int64, error) {
	header, err := scanner.NextObjectHeader()
	if err != nil {
		return 0, err
	}
	size := header.Length
	if err := l.check(plumbing.BlobObject, size); err != nil {
		return 0, err
	}
	var first beginning
	if _, _, err := scanner.NextObject(&first); err != nil {
		return 0, err
	}
	if header.Type.IsDelta() {
		if size, err = first.patched(); err != nil {
			return 0, err
		}
	}
	return size, l.check(plumbing.BlobObject, size)
}

// check refuses an object of that type and size.
func (l limits) check(t plumbing.ObjectType, size int64) error {
	most := l.object
	switch t {
	case plumbing.TreeObject:
		most = l.tree
	case plumbing.CommitObject, plumbing.TagObject:
		most = l.commit
	}
	if size < 0 || size > most {
		return &tooMuch{fmt.Sprintf("the repository has a %s of %d bytes", t, uint64(size)), most}
	}
	return nil
}

// beginning keeps the first bytes of a delta: the sizes of what it is applied to and
// of what comes of it (gitformat-pack(5)).
type beginning struct {
	bytes [2 * binary.MaxVarintLen64]byte
	n     int
}

// Write keeps what there is room for and takes the rest.
func (b *beginning) Write(p []byte) (int, error) {
	b.n += copy(b.bytes[b.n:], p)
	return len(p), nil
}

var errNoDelta = errors.New("an object is no delta")

// patched answers the size of what a delta makes.
func (b *beginning) patched() (int64, error) {
	_, n := binary.Uvarint(b.bytes[:b.n])
	if n <= 0 {
		return 0, errNoDelta
	}
	size, n := binary.Uvarint(b.bytes[n:b.n])
	if n <= 0 {
		return 0, errNoDelta
	}
	return int64(size), nil
}

// weighed makes the index of a pack whose objects are known by their types by now:
// trees and commits are read whole at each turn, and are smaller than files may be.
type weighed struct {
	*idxfile.Writer
	limits
}

// OnInflatedObjectHeader is told each object's type and size.
func (w weighed) OnInflatedObjectHeader(t plumbing.ObjectType, size, at int64) error {
	if err := w.check(t, size); err != nil {
		return err
	}
	return w.Writer.OnInflatedObjectHeader(t, size, at)
}
