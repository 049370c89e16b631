//go:build linux

package host

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// image makes a file of so many bytes.
func image(t *testing.T, n int64) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, n); err != nil {
		t.Fatal(err)
	}
	return file
}

func superblock(t *testing.T, file string) (kind string, size, least int64) {
	t.Helper()
	b, err := head(file, 4096)
	if err != nil {
		t.Fatal(err)
	}
	return parseSuperblock(b)
}

// The type is what blkid says, and the size what dumpe2fs and xfs_db say.
func TestSuperblock_volume_grow_guest(t *testing.T) {
	for _, mkfs := range []string{"mkfs.ext2 -q", "mkfs.ext3 -q", "mkfs.ext4 -q", "mkfs.ext4 -q -O ^64bit", "mkfs.ext4 -q -b 1024", "mkfs.ext4 -q -O bigalloc,^has_journal",
		"mkfs.xfs -q", "mkfs.xfs -q -b size=1024", "mkswap -q", "true"} {
		file := image(t, 400<<20)
		sh(t, mkfs+" "+file)
		kind, size, _ := superblock(t, file)
		judge := strings.TrimSpace(sh(t, "-blkid --probe --match-tag TYPE --output value "+file))
		if judge == "swap" {
			judge = ""
		}
		var want int64
		switch {
		case strings.HasPrefix(judge, "ext"):
			_, want = numbersIn(t, sh(t, "dumpe2fs -h "+file), "Block count:", "Block size:")
		case judge == "xfs":
			_, want = numbersIn(t, strings.ReplaceAll(sh(t, "xfs_db -r -c sb -c p "+file), " =", ":"), "dblocks:", "blocksize:")
		}
		if kind != judge || size != want {
			t.Errorf("%s: %q of %d bytes, want %q of %d", mkfs, kind, size, judge, want)
		}
	}
}

// numbersIn answers the product of two numbers that follow these words.
func numbersIn(t *testing.T, text string, words ...string) (string, int64) {
	t.Helper()
	product := int64(1)
	for _, w := range words {
		_, rest, found := strings.Cut("\n"+text, "\n"+w)
		f := strings.Fields(rest)
		if !found || len(f) == 0 {
			t.Fatalf("no %s in %s", w, text)
		}
		n, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		product *= n
	}
	return words[0], product
}

// Whatever size a device grows to, what resize2fs leaves of it is less than the
// smallest growth: a step that was done is not asked for again.
func TestLeast_volume_grow_guest(t *testing.T) {
	for i, options := range []string{"", "-b 1024", "-O ^64bit", "-O ^resize_inode", "-i 4096", "-O ^flex_bg", "-b 2048 -I 512"} {
		random := rand.New(rand.NewPCG(uint64(i), 1))
		size := int64(40 << 20)
		file := image(t, size)
		sh(t, fmt.Sprintf("mkfs.ext4 -q %s -E nodiscard %s", options, file))
		for range 4 {
			size += (1 + random.Int64N(140<<20)) &^ 511
			if err := os.Truncate(file, size); err != nil {
				t.Fatal(err)
			}
			_, was, least := superblock(t, file)
			sh(t, "resize2fs "+file)
			_, is, _ := superblock(t, file)
			if gap := size - is; gap >= max(least, 1<<20) {
				t.Errorf("mkfs.ext4 %s: %d bytes of %d are left, and the least is %d", options, gap, size, least)
			}
			if size-was >= max(least, 1<<20) && is == was {
				t.Errorf("mkfs.ext4 %s: %d bytes more are refused, and the least is %d", options, size-was, least)
			}
		}
	}
}
