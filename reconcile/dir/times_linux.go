package dir

import (
	"io/fs"
	"syscall"
	"time"
)

// times answers when a file was last written and when its inode last changed. The
// second shows what the first hides: copies and archives set it back.
func times(info fs.FileInfo) []time.Time {
	all := []time.Time{info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		all = append(all, time.Unix(int64(st.Ctim.Sec), int64(st.Ctim.Nsec)))
	}
	return all
}
