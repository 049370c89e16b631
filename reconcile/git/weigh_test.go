package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"enid/reconcile"
)

// wantNothingLeft wants no part of a pack that was refused in the cache.
func wantNothingLeft(t *testing.T, s *Source) {
	t.Helper()
	if left := glob(filepath.Join(s.cache, "objects", "pack"), "", ""); len(left) > 0 {
		t.Errorf("left in the cache: %v", left)
	}
}

// TestTooMuch has a real server send what is beyond each limit in turn, over both
// kinds of session. Nothing of it is kept, and within the limits the same is read.
func TestTooMuch(t *testing.T) {
	r := newRepo(t)
	r.commit("1", "topology/a.yaml", "a: 1\n", "zeros", string(make([]byte, 1<<20)))
	id := r.commit("2\n\n"+strings.Repeat("a long message ", 400), "topology/a.yaml", "a: 2\n")
	for i := range 100 {
		r.git("tag", fmt.Sprint("t", i))
	}
	r.git("push", "-q", "--tags", "origin")
	for _, url := range []string{r.serve(false).url(), "file://" + r.bare} {
		for says, change := range map[string]func(*limits){
			"the list of references has more bytes than are read; the limit is 3000": func(l *limits) { l.listing = 3000 },
			"the pack has more bytes than are read; the limit is 900":                func(l *limits) { l.pack = 900 },
			"the pack has 9 objects; the limit is 8":                                 func(l *limits) { l.objects = 8 },
			"together, unpacked, than are read; the limit is 1048576":                func(l *limits) { l.total = 1 << 20 },
			"has a blob of 1048576 bytes; the limit is 1048575":                      func(l *limits) { l.object = 1<<20 - 1 },
			"has a tree of 68 bytes; the limit is 67":                                func(l *limits) { l.tree = 67 },
			"has a commit of": func(l *limits) { l.commit = 1 << 10 },
		} {
			s := open(t, Options{URL: url})
			change(&s.most)
			wantCondition(t, s, reconcile.Unsupported, says)
			wantNothingLeft(t, s)
			s.most = fair
			wantID(t, s, id)
		}
	}
}

// entry writes an object of a pack: the size that it says, and its zlib stream.
func entry(pack *bytes.Buffer, kind byte, size uint64, behind, content []byte) {
	first, rest := kind<<4|byte(size&15), size>>4
	for ; rest > 0; rest >>= 7 {
		pack.WriteByte(first | 0x80)
		first = byte(rest & 0x7f)
	}
	pack.WriteByte(first)
	pack.Write(behind)
	z := zlib.NewWriter(pack)
	_, _ = z.Write(content)
	_ = z.Close()
}

// TestPackBombs has a server send packs that no git makes: few bytes that say, or are,
// gigabytes once they are unpacked.
func TestPackBombs(t *testing.T) {
	const blob, offsetDelta = 3, 6
	r := newRepo(t)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	web := r.serve(false)
	base := []byte(strings.Repeat("x", 1000))
	delta := func(makes uint64) []byte {
		d := binary.AppendUvarint(nil, uint64(len(base)))
		return append(binary.AppendUvarint(d, makes), 0x80|0x10|0x20, 0xe8, 0x03) // copies 1000 bytes
	}
	patched := func(makes uint64) func(*bytes.Buffer) {
		return func(p *bytes.Buffer) {
			at := p.Len()
			entry(p, blob, uint64(len(base)), nil, base)
			d := delta(makes)
			entry(p, offsetDelta, uint64(len(d)), []byte{byte(p.Len() - at)}, d)
		}
	}
	for name, tt := range map[string]struct {
		objects uint32
		write   func(*bytes.Buffer)
		want    reconcile.Condition
		says    string
	}{
		"a delta that makes a terabyte": {2, patched(1 << 40), reconcile.Unsupported, "a blob of 1099511627776 bytes"},
		"a delta that makes less":       {2, patched(1 << 20), reconcile.Unreachable, "damaged pack"},
		"a size that overflows":         {2, patched(math.MaxUint64), reconcile.Unsupported, "bytes; the limit is"},
		"a blob that says a terabyte":   {1, func(p *bytes.Buffer) { entry(p, blob, 1<<40, nil, base) }, reconcile.Unsupported, "a blob of 1099511627776 bytes"},
		"a blob that says less":         {1, func(p *bytes.Buffer) { entry(p, blob, 10, nil, base) }, reconcile.Unreachable, "damaged pack"},
		"no delta":                      {1, func(p *bytes.Buffer) { entry(p, 7, 1, make([]byte, 20), []byte{0x80}) }, reconcile.Unreachable, "damaged pack"},
		"objects without number":        {math.MaxUint32, func(*bytes.Buffer) {}, reconcile.Unsupported, "4294967295 objects"},
		"fewer objects than it says":    {9, patched(1000), reconcile.Unreachable, "damaged pack"},
	} {
		t.Run(name, func(t *testing.T) {
			pack := bytes.NewBufferString("PACK\x00\x00\x00\x02")
			_ = binary.Write(pack, binary.BigEndian, tt.objects)
			tt.write(pack)
			sum := sha1.Sum(pack.Bytes())
			pack.Write(sum[:])
			web.set(func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method == http.MethodPost {
					_, _ = fmt.Fprintf(w, "0008NAK\n%04x\x01%s0000", pack.Len()+5, pack)
				}
				return req.Method == http.MethodPost
			})
			s := open(t, Options{URL: web.url()})
			wantCondition(t, s, tt.want, tt.says)
			wantNothingLeft(t, s)
			web.set(nil)
			wantID(t, s, id)
		})
	}
}

// TestEndless has a server that does not stop: neither listing references, nor telling
// what it has, nor sending a pack. It ends by what has come, not by time.
func TestEndless(t *testing.T) {
	r := newRepo(t)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	web := r.serve(false)
	endless := func(method, kind, begin, line string) func(http.ResponseWriter, *http.Request) bool {
		lines := strings.Repeat(line, 1+(32<<10)/len(line))
		return func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != method {
				return false
			}
			w.Header().Set("Content-Type", "application/x-git-upload-pack-"+kind)
			_, err := io.WriteString(w, begin)
			for err == nil {
				_, err = io.WriteString(w, lines)
			}
			return true
		}
	}
	reference := func(name string) string {
		line := strings.Repeat("ab", 20) + " refs/heads/" + name + "\n"
		return fmt.Sprintf("%04x%s", len(line)+4, line)
	}
	packet := fmt.Sprintf("%04x\x01%s", 1005, make([]byte, 1000))
	for says, endless := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"the list of references":           endless("GET", "advertisement", "001e# service=git-upload-pack\n0000"+reference("a\x00ofs-delta side-band-64k"), reference("b")),
		"what the server says before":      endless("POST", "result", "", "0031ACK "+strings.Repeat("ab", 20)+"\n"),
		"the pack has more bytes than are": endless("POST", "result", "0008NAK\n"+fmt.Sprintf("%04x\x01PACK\x00\x00\x00\x02\x00\x00\x00\x00", 17), packet),
	} {
		t.Run(says, func(t *testing.T) {
			web.set(endless)
			s := open(t, Options{URL: web.url()})
			s.most.listing, s.most.pack = 1<<20, 1<<20
			wantCondition(t, s, reconcile.Unsupported, says)
			wantNothingLeft(t, s)
			web.set(nil)
			wantID(t, s, id)
		})
	}
}

// TestSpace holds what a pack may take against what the disk has.
func TestSpace(t *testing.T) {
	if got := space(t.TempDir()); got <= 0 {
		t.Errorf("a folder that can be written to has room for %d bytes", got)
	}
	if got := space(filepath.Join(t.TempDir(), "none")); got != math.MaxInt64 {
		t.Errorf("what cannot be told bounds to %d bytes", got)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "pack"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = fair.write(file, strings.NewReader(strings.Repeat("P", 5000)), 4000)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "4000 bytes") {
		t.Errorf("a pack larger than half of the free disk: %v", err)
	}
}
