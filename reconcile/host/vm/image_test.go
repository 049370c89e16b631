//go:build linux

package vm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// modules are the kernel's modules that the machine has; the first ones are loaded
// when it boots, the others when the kernel or a test asks for them. What they
// depend on comes along.
var (
	bootModules  = []string{"virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "nvme"}
	otherModules = []string{"dummy", "veth", "vrf", "bonding", "bridge", "8021q", "macvlan", "ipvlan", "tun", "ifb", "loop", "ext4"}
)

// image is an initramfs in the making: a cpio archive in the format newc, which is
// all of the machine's file system.
type image struct {
	w    *bufio.Writer
	have map[string]bool
	n    int
}

// writeImage writes the machine's file system to a file.
func writeImage(ctx context.Context, file string, k kernel, work string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	i := &image{w: bufio.NewWriterSize(f, 1<<20), have: map[string]bool{"/": true}}
	if err := i.fill(ctx, k, work); err != nil {
		return err
	}
	i.entry("TRAILER!!!", 0, nil)
	return i.w.Flush() // also what went wrong before
}

func (i *image) fill(ctx context.Context, k kernel, work string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	enid := filepath.Join(work, "enid")
	if err := build(ctx, enid); err != nil {
		return err
	}
	args, err := json.Marshal(arguments(os.Args[1:]))
	if err != nil {
		return err
	}
	for _, dir := range []string{"/proc", "/sys", "/dev", "/run", "/tmp"} {
		i.directory(dir)
	}
	i.file(argumentsFile, 0o644, args)
	for at, program := range map[string]string{"/init": self, "/bin/enid": enid, "/bin/busybox": "busybox", "/bin/ip": "ip",
		"/bin/ethtool": "ethtool", "/sbin/modprobe": "modprobe",
		"/bin/growpart": "growpart", "/bin/sfdisk": "sfdisk", "/bin/partx": "partx", "/bin/resize2fs": "resize2fs", "/bin/mkfs.ext4": "mkfs.ext4", "/bin/flock": "flock"} {
		if err := i.program(ctx, at, program); err != nil {
			return err
		}
	}
	for _, applet := range []string{"/bin/ping", "/bin/sh", "/bin/cat", "/bin/awk", "/bin/sed", "/bin/grep", "/bin/mktemp", "/bin/rm"} {
		i.link(applet, "/bin/busybox")
	}
	return i.modules(ctx, k)
}

// build makes the program as it is released.
func build(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, "enid/cmd/enid")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build enid: %w: %s", err, out)
	}
	return nil
}

// arguments are this binary's own, but for what concerns files of the machine
// outside, and with the time that the tests have.
func arguments(args []string) []string {
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-test.testlogfile") })
	return append(args, "-test.timeout="+testTime.String())
}

var library = regexp.MustCompile(`/\S+`)

// program adds a program of the machine outside, with the libraries it needs.
func (i *image) program(ctx context.Context, at, program string) error {
	from, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	if err := i.copy(at, from, 0o755); err != nil {
		return err
	}
	out, err := output(ctx, "", "ldd", from)
	if err != nil {
		return nil // "not a dynamic executable"
	}
	for _, lib := range library.FindAllString(out, -1) {
		if err := i.copy(lib, lib, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// modules adds the modules, with the indexes that modprobe reads. Those name also
// what is left out; nobody asks for it.
func (i *image) modules(ctx context.Context, k kernel) error {
	base := "/lib/modules/" + k.release
	for _, name := range append(bootModules, otherModules...) {
		out, err := output(ctx, "", "modprobe", "-d", k.root, "-S", k.release, "--show-depends", name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(out) {
			f := strings.Fields(line)
			if len(f) < 2 || f[0] != "insmod" {
				continue // built in
			}
			_, inside, _ := strings.Cut(f[1], base)
			if err := i.copy(base+inside, f[1], 0o644); err != nil {
				return err
			}
		}
	}
	indexes, err := filepath.Glob(filepath.Join(k.root, base, "modules.*"))
	for _, index := range indexes {
		err = errors.Join(err, i.copy(base+"/"+filepath.Base(index), index, 0o644))
	}
	return err
}

// copy adds a file of the machine outside, once.
func (i *image) copy(at, from string, mode int) error {
	if i.have[at] {
		return nil
	}
	body, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	i.file(at, mode, body)
	return nil
}

const (
	modeDirectory = 0o040755
	modeFile      = 0o100000
	modeLink      = 0o120777
)

func (i *image) directory(at string) {
	if i.have[at] {
		return
	}
	i.directory(path.Dir(at))
	i.have[at] = true
	i.entry(at, modeDirectory, nil)
}

func (i *image) file(at string, mode int, body []byte) {
	i.directory(path.Dir(at))
	i.have[at] = true
	i.entry(at, modeFile|mode, body)
}

func (i *image) link(at, to string) {
	i.directory(path.Dir(at))
	i.entry(at, modeLink, []byte(to))
}

// entry writes an entry: the header's 13 numbers of 8 hex digits, name and body,
// each filled up to 4 bytes. The kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
func (i *image) entry(name string, mode int, body []byte) {
	i.n++
	name = strings.TrimPrefix(name, "/") + "\x00"
	const links = 1
	fields := [13]int{i.n, mode, 0, 0, links, 0, len(body), 0, 0, 0, 0, len(name), 0}
	header := "070701"
	for _, f := range fields {
		header += fmt.Sprintf("%08x", f)
	}
	fill := func(n int) { i.w.WriteString("\x00\x00\x00"[:-n&3]) }
	i.w.WriteString(header + name)
	fill(len(header + name))
	i.w.Write(body)
	fill(len(body))
}
