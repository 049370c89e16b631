//go:build linux

package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// measure finds out what a file system is, unless it is mounted and the kernel has
// said so, and how large it is. One that enid does not know keeps the size 0.
func measure(f *guest.FileSystem) {
	err := error(nil)
	if f.Type == "xfs" && f.MountPoint != "" {
		// The superblock of a mounted one is written back some time later.
		f.Size, f.Least, err = xfsMounted(f.MountPoint)
	} else {
		err = measureDevice(f)
	}
	if err != nil {
		f.Unread = err.Error()
	}
}

func measureDevice(f *guest.FileSystem) error {
	b, err := head("/dev/"+f.Device, 4096)
	if err != nil {
		return err
	}
	kind, size, least := parseSuperblock(b)
	switch {
	case f.MountPoint == "":
		f.Type = kind
	case f.Type == "ext4" && kind == "":
		return fmt.Errorf("/dev/%s is mounted as ext4, and has no superblock of it", f.Device)
	}
	f.Size, f.Least = size, least
	return nil
}

// head reads the beginning of a block device.
func head(device string, n int) ([]byte, error) {
	f, err := os.Open(device)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	_, err = io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read %s: %w", device, err)
	}
	return b, nil
}

// table answers which partition table a disk has, of the two that growpart knows.
func table(d guest.Disk) string {
	b, err := head("/dev/"+d.Name, int(d.Sector)+8)
	switch {
	case err != nil:
		return "unknown"
	case string(b[d.Sector:]) == "EFI PART":
		return "gpt"
	case b[510] == 0x55 && b[511] == 0xaa:
		return "dos"
	}
	return "unknown"
}

// The places and values of ext's superblock, which begins at 1024, and of xfs's, as
// their kernel documents give them.
const (
	extAt    = 1024
	extMagic = 0xef53

	extHasJournal    = 0x4 // a compatible feature
	extJournalDevice = 0x8 // incompatible ones
	ext64Bit         = 0x80
	extIsFour        = 0x40 | ext64Bit | 0x200 // extents, flexible groups
	// Huge files, checksums of groups, many links, large inodes, checksums.
	extIsFourRO = 0x8 | 0x10 | 0x20 | 0x40 | 0x400

	// extSpare is what resize2fs wants of a last group beyond its own tables, in blocks.
	extSpare = 52
	// xfsSmallest is the smallest allocation group, in blocks.
	xfsSmallest = 64
)

// parseSuperblock answers the type of a file system by the first 4 KiB of its device,
// its size, and the smallest growth that it takes; an empty type is none of these.
func parseSuperblock(b []byte) (kind string, size, least int64) {
	if string(b[:4]) == "XFSB" {
		block := int64(binary.BigEndian.Uint32(b[4:]))
		return "xfs", int64(binary.BigEndian.Uint64(b[8:])) * block, xfsSmallest * block
	}
	s := b[extAt:]
	u16 := func(at int) int64 { return int64(binary.LittleEndian.Uint16(s[at:])) }
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(s[at:])) }
	compatible, incompatible, readOnly := u32(0x5c), u32(0x60), u32(0x64)
	if u16(0x38) != extMagic || incompatible&extJournalDevice != 0 || u32(0x18) > 6 || u32(0x20) == 0 {
		return "", 0, 0
	}
	switch {
	case incompatible&extIsFour != 0 || readOnly&extIsFourRO != 0:
		kind = "ext4"
	case compatible&extHasJournal != 0:
		kind = "ext3"
	default:
		kind = "ext2"
	}
	block := int64(1024) << u32(0x18)
	blocks, descriptor := u32(4), int64(32)
	if incompatible&ext64Bit != 0 {
		blocks |= u32(0x150) << 32
		descriptor = max(u16(0xfe), 32)
	}
	groups := blocks/u32(0x20) + 1
	tables := u32(0x28)*u16(0x58)/block + groups*descriptor/block + u16(0xce) + 2
	return kind, blocks * block, (tables + extSpare) * block
}

// xfsGeometry is the beginning of struct xfs_fsop_geom_v1, as the kernel has had it
// ever since; the rest of its 112 bytes is of no use here.
type xfsGeometry struct {
	blockSize uint32
	_         [7]uint32
	blocks    uint64
	_         [72]byte
}

// xfsGetGeometry is XFS_IOC_FSGEOMETRY_V1: _IOR('X', 100, 112 bytes).
const xfsGetGeometry = 2<<30 | 112<<16 | 'X'<<8 | 100

// xfsMounted asks the kernel for the size of a mounted xfs.
func xfsMounted(point string) (size, least int64, err error) {
	f, err := os.Open(point)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var g xfsGeometry
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, f.Fd(), xfsGetGeometry, uintptr(unsafe.Pointer(&g))); no != 0 {
		return 0, 0, fmt.Errorf("ask for the size of the xfs on %s: %w", point, no)
	}
	return int64(g.blocks) * int64(g.blockSize), xfsSmallest * int64(g.blockSize), nil
}
