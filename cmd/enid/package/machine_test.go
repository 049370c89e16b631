//go:build linux

package packaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// suite is the Debian that the packages are installed on.
const suite = "bookworm"

// patience is how long what takes a moment may take, on a busy machine.
const patience = 2 * time.Minute

// bareDebian answers the root of a bare Debian of this test's own: an overlay over the
// one in the cache, which is fetched where there is none.
func bareDebian(t *testing.T) string {
	t.Helper()
	cache := os.Getenv(cacheVariable)
	lower := filepath.Join(cache, suite)
	if _, err := os.Stat(lower); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(cache, 0o755); err != nil {
			t.Fatal(err)
		}
		half, err := os.MkdirTemp(cache, "fetching") // what a crash leaves half is not taken for one
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(half)
		root := filepath.Join(half, suite)
		run(t, cache, "debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,iproute2", suite, root)
		if err := os.RemoveAll(filepath.Join(root, "etc/machine-id")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(root, lower); err != nil {
			t.Fatal(err)
		}
	}
	// The layers are on a file system of their own, as the kernel lays no overlay on
	// another, which a container's root is.
	layers, root := t.TempDir(), t.TempDir()
	run(t, ".", "mount", "-t", "tmpfs", "-o", "mode=755", "layers", layers)
	t.Cleanup(func() { run(t, ".", "umount", "--recursive", layers) })
	run(t, layers, "mkdir", "upper", "work")
	run(t, ".", "mount", "-t", "overlay", "-o", fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%[2]s/work", lower, layers), "root", root)
	t.Cleanup(func() { run(t, ".", "umount", "--recursive", root) })
	return root
}

// machine is a Debian that systemd has booted, in a container without a network.
type machine struct {
	t    *testing.T
	root string
	init string // the process id of its systemd, outside
}

// boot boots the system below root; the end of the test powers it off.
func boot(t *testing.T, root string) *machine {
	t.Helper()
	var console bytes.Buffer
	cmd := exec.Command("systemd-nspawn", "--quiet", "--directory="+root, "--machine=enid-package", "--register=no", "--keep-unit", "--private-network", "--console=pipe", "--boot")
	cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes") // it is no container for enid: /proc/sys and /sys are its own network's
	cmd.Stdout, cmd.Stderr = &console, &console
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	go func() { cmd.Wait(); end() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended.Done():
		case <-time.After(patience):
			cmd.Process.Kill()
			<-ended.Done()
		}
		if t.Failed() {
			t.Logf("the machine's console:\n%s", console.String())
		}
	})
	m := &machine{t: t, root: root}
	m.within("systemd is up", func() error {
		if ended.Err() != nil { // a bare Debian, on which nothing of enid is yet
			t.Skipf("no container boots on this machine: %s", &console)
		}
		out, err := exec.Command("ps", "--no-headers", "-o", "pid", "--ppid", fmt.Sprint(cmd.Process.Pid)).Output()
		if err != nil {
			return err
		}
		m.init = strings.TrimSpace(string(out))
		state, _ := m.try("systemctl", "is-system-running")
		if s := strings.TrimSpace(state); s != "running" && s != "degraded" {
			return fmt.Errorf("it is %s", s)
		}
		return nil
	})
	return m
}

// try runs a program on the machine and answers what it printed.
func (m *machine) try(args ...string) (string, error) {
	cmd := exec.Command("nsenter", append([]string{"--target", m.init, "--all", "--root", "--wd", "env", "-i",
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "TERM=dumb"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// must is try for what has to succeed.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	out, err := m.try(args...)
	if err != nil {
		m.t.Fatal(err)
	}
	return out
}

// within waits until a condition holds.
func (m *machine) within(what string, holds func() error) {
	m.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = holds(); err == nil {
			return
		}
	}
	m.t.Fatalf("not so: %s: %v", what, err)
}

// at answers a path of the machine as it is outside.
func (m *machine) at(path string) string { return filepath.Join(m.root, path) }
