//go:build linux

package host

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"enid/plan/guest"
	"enid/plan/render"
)

const (
	// growTimeout is for a program that hangs: growing tens of TiB online takes a
	// minute or two.
	growTimeout = 10 * time.Minute
	// growWait is what a program gets to end by itself after it was told to.
	growWait = 10 * time.Second
	// growSays is how much of what a program says goes into an error, in bytes.
	growSays = 400
)

// sbin are where the distributions put these programs; a daemon's PATH may lack them.
const sbin = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookProgram answers the path of a program.
func lookProgram(name string) (string, error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH") + ":" + sbin) {
		path := filepath.Join(dir, name)
		if s, err := os.Stat(path); filepath.IsAbs(dir) && err == nil && s.Mode().IsRegular() && s.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w in %s", name, os.ErrNotExist, sbin)
}

// growPartition has growpart rewrite the table. A crash before it leaves the old
// table; one within it the old or the new one; one after it a table that the kernel
// may not know of: growpart has nothing to change then, and the kernel is told.
func (m *Machine) growPartition(ctx context.Context, d deed) error {
	p := d.to.(guest.Partition)
	grown := func() bool {
		is := p
		is.Size = sectors(filepath.Join(m.opts.Sys, "block", p.Disk, p.Name, "size"))
		return guest.Grown(is, p)
	}
	err := program(ctx, p.Grow())
	if err != nil && !grown() {
		_ = program(ctx, []string{"partx", "--update", "--nr", strconv.Itoa(p.Number), "/dev/" + p.Disk}) // it has grown then, or not
	}
	return judged(grown(), "/dev/"+p.Name, err)
}

// growFileSystem has the file system's own program fill its device. A crash leaves a
// file system that is whole, of the old size or a larger one.
func growFileSystem(_ *Machine, ctx context.Context, d deed) error {
	f := d.from.(guest.FileSystem)
	err := program(ctx, f.Grow())
	measure(&f)
	return judged(guest.Grown(f, d.to), "the file system on /dev/"+f.Device, err)
}

// judged answers whether something has grown by its size, and not by what the program
// said of itself: one that did nothing would be started again and again.
func judged(grown bool, what string, err error) error {
	switch {
	case grown:
		return nil
	case err != nil:
		return fmt.Errorf("%s did not grow: %w", what, err)
	}
	return fmt.Errorf("%s did not grow", what)
}

// program runs a program of the distribution, without a shell, and answers what it
// said where it failed. It is in a process group of its own, so that an interrupt on
// the terminal does not reach it: when ctx ends it is asked to stop.
func program(ctx context.Context, args []string) error {
	path, err := lookProgram(args[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, growTimeout)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.Env = []string{"PATH=" + sbin, "LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = growWait
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), cmp.Or(ctx.Err(), err), inert(said.String()))
	}
	return nil
}

// inert answers the end of what a program said, on one line, for errors are shown on
// terminals.
func inert(s string) string {
	s = strings.ToValidUTF8(s[max(0, len(s)-growSays):], "")
	return render.Inert(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
}
