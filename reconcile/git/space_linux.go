package git

import (
	"math"

	"golang.org/x/sys/unix"
)

// space answers how many bytes a pack may take of a folder's disk: half of what is
// free, for the state is kept there as well. What cannot be told bounds nothing.
func space(dir string) int64 {
	var disk unix.Statfs_t
	if unix.Statfs(dir, &disk) != nil {
		return math.MaxInt64
	}
	return int64(min(disk.Bavail, math.MaxInt64/uint64(disk.Bsize))) * disk.Bsize / 2
}
