//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"
)

// writing are the system calls that change files: by which argument each names its
// file, an open one, or a folder and in the next argument a path in it. Those that
// make something last are among them.
var writing = map[uint64]struct {
	name string
	file int
	path bool
}{
	unix.SYS_WRITE: {"write", 0, false}, unix.SYS_PWRITE64: {"write", 0, false}, unix.SYS_WRITEV: {"write", 0, false}, unix.SYS_PWRITEV: {"write", 0, false},
	unix.SYS_SENDFILE: {"write", 0, false}, unix.SYS_COPY_FILE_RANGE: {"write", 2, false},
	unix.SYS_FTRUNCATE: {"truncate", 0, false}, unix.SYS_FALLOCATE: {"allocate", 0, false},
	unix.SYS_FSYNC: {"sync", 0, false}, unix.SYS_FDATASYNC: {"sync", 0, false},
	unix.SYS_FCHMOD: {"chmod", 0, false}, unix.SYS_FCHMODAT: {"chmod", 0, true}, unix.SYS_OPENAT: {"create", 0, true},
	unix.SYS_MKDIRAT: {"mkdir", 0, true}, unix.SYS_UNLINKAT: {"unlink", 0, true}, unix.SYS_SYMLINKAT: {"symlink", 1, true},
	unix.SYS_RENAMEAT: {"rename", 2, true}, unix.SYS_RENAMEAT2: {"rename", 2, true}, unix.SYS_LINKAT: {"link", 2, true},
}

// write says what a system call changes that lasts, "" where that is nothing.
func (tr *tracer) write(tid int, c call) string {
	switch c.nr {
	case unix.SYS_SENDTO:
		return tr.sends(tid, c)
	case unix.SYS_IOCTL:
		return tr.sets(tid, c)
	case unix.SYS_OPENAT:
		if c.args[2]&(unix.O_CREAT|unix.O_TRUNC) == 0 {
			return ""
		}
	}
	w, ok := writing[c.nr]
	if !ok {
		return ""
	}
	file := tr.open(tid, c.args[w.file])
	if w.path {
		file = tr.named(tid, c.args[w.file], c.args[w.file+1])
	}
	for _, root := range tr.roots {
		if strings.HasPrefix(file, root) {
			return w.name + " " + file
		}
	}
	return ""
}

// open answers the path of an open file.
func (tr *tracer) open(tid int, fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(fd)))
	return path
}

// named answers the path that a thread's memory holds, as seen from a folder.
func (tr *tracer) named(tid int, dir, at uint64) string {
	var path []byte
	for word := make([]byte, 8); len(path) < unix.PathMax; at += 8 {
		if n, err := syscall.PtracePeekData(tid, uintptr(at), word); err != nil || n == 0 {
			return ""
		}
		if end := bytes.IndexByte(word, 0); end >= 0 {
			path = append(path, word[:end]...)
			break
		}
		path = append(path, word...)
	}
	if filepath.IsAbs(string(path)) || int32(dir) == unix.AT_FDCWD {
		return string(path)
	}
	return filepath.Join(tr.open(tid, dir), string(path))
}

// sends says which netlink messages are sent, "" where none of them asks for a change:
// of route netlink's types every fourth is a question.
func (tr *tracer) sends(tid int, c call) string {
	to := make([]byte, 2)
	if _, err := syscall.PtracePeekData(tid, uintptr(c.args[4]), to); err != nil || binary.NativeEndian.Uint16(to) != unix.AF_NETLINK {
		return ""
	}
	var types []string
	changes := false
	header := make([]byte, unix.SizeofNlMsghdr)
	for at, end := c.args[1], c.args[1]+c.args[2]; at+unix.SizeofNlMsghdr <= end; {
		if _, err := syscall.PtracePeekData(tid, uintptr(at), header); err != nil {
			break
		}
		typ, flags := binary.NativeEndian.Uint16(header[4:]), binary.NativeEndian.Uint16(header[6:])
		types = append(types, fmt.Sprint(typ))
		changes = changes || typ%4 != 2 && flags&unix.NLM_F_DUMP != unix.NLM_F_DUMP
		at += uint64(max(binary.NativeEndian.Uint32(header)+3, unix.SizeofNlMsghdr) &^ 3)
	}
	if !changes {
		return ""
	}
	return "netlink " + strings.Join(types, ",")
}

// sets says that a call sets a NIC's channels.
func (tr *tracer) sets(tid int, c call) string {
	if c.args[1] != unix.SIOCETHTOOL {
		return ""
	}
	ifreq, cmd := make([]byte, unix.IFNAMSIZ+8), make([]byte, 4)
	if _, err := syscall.PtracePeekData(tid, uintptr(c.args[2]), ifreq); err != nil {
		return ""
	}
	if _, err := syscall.PtracePeekData(tid, uintptr(binary.NativeEndian.Uint64(ifreq[unix.IFNAMSIZ:])), cmd); err != nil {
		return ""
	}
	if binary.NativeEndian.Uint32(cmd) != ethtool.ETHTOOL_SCHANNELS {
		return ""
	}
	return "ethtool " + unix.ByteSliceToString(ifreq[:unix.IFNAMSIZ])
}
