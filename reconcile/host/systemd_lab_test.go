//go:build linux

package host

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// containerScript makes systemd the first process of a container of its own, with
// Debian's units below a /etc and /run that are gone afterwards. Its interrupts can
// be read and not moved: they are this machine's.
const containerScript = `set -eu
root=$1 group=$2
mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
cd "$root"
mkdir usr etc proc sys dev run tmp var root
mount --bind -o ro /usr usr
for link in bin sbin lib lib32 lib64; do [ -L /$link ] && cp -a /$link . ; done
mkdir -p etc/systemd/system/irqbalance.service.d
cp /etc/passwd /etc/group etc/
: >etc/machine-id
printf '[Unit]\nWants=dbus.socket\n' >etc/systemd/system/lab.target
printf '[Unit]\nConditionVirtualization=\n' >etc/systemd/system/irqbalance.service.d/container.conf
printf '#!/bin/sh\nexec sleep 1000\n' >root/irqbalance
mount -t proc proc proc
mount --bind -o ro proc/irq proc/irq
mount --rbind /dev dev
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir sys/fs/cgroup/"$group"
echo 0 >sys/fs/cgroup/"$group"/cgroup.procs
umount sys/fs/cgroup
exec unshare --cgroup sh -c 'mount -t cgroup2 cgroup2 sys/fs/cgroup
	exec chroot . /usr/bin/env -i container=enid-test /lib/systemd/systemd --system --unit=lab.target --log-target=null --show-status=no'
`

// container is a machine that systemd runs.
type container struct {
	t    *testing.T
	pid  string // systemd's, outside
	root string // its file system, from outside
}

// bootSystemd boots systemd and waits until it answers.
func bootSystemd(t *testing.T) *container {
	t.Helper()
	if !masksWritable() {
		t.Skip("systemd needs a cgroup of its own, which the initial user namespace alone gives")
	}
	for _, tool := range []string{"/lib/systemd/systemd", "/usr/sbin/irqbalance"} {
		if _, err := os.Stat(tool); err != nil {
			t.Fatalf("the packages systemd and irqbalance are needed: %v", err)
		}
	}
	group := fmt.Sprintf("enid-test-%d", os.Getpid())
	cmd := exec.Command("unshare", "--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "--kill-child", "sh", "-s", t.TempDir(), group)
	cmd.Stdin = strings.NewReader(containerScript)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// With its first process the container ends, and unshare sees it: nobody is left
		// for another process to reap.
		if pid, err := strconv.Atoi(child(cmd.Process.Pid)); err == nil {
			unix.Kill(pid, unix.SIGKILL)
		} else {
			cmd.Process.Kill()
		}
		cmd.Wait()
		removeGroup(t, group)
	})
	c := &container{t: t}
	for range 500 {
		if c.pid = child(cmd.Process.Pid); c.pid != "" {
			c.root = "/proc/" + c.pid + "/root"
			if strings.TrimSpace(c.try("systemctl", "is-system-running")) == "running" {
				return c
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("systemd does not come up: %s\n%s", out.String(), c.try("systemctl", "--no-pager", "list-units", "--failed"))
	return nil
}

// child answers the only child of a process, "" while there is none.
func child(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	return strings.TrimSpace(string(b))
}

// removeGroup removes what systemd has left of its cgroup, once its processes are gone.
func removeGroup(t *testing.T, group string) {
	at := t.TempDir()
	if err := unix.Mount("cgroup2", at, "cgroup2", 0, ""); err != nil {
		t.Error(err)
		return
	}
	defer unix.Unmount(at, unix.MNT_DETACH)
	for range 500 {
		var dirs []string
		filepath.WalkDir(filepath.Join(at, group), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append([]string{path}, dirs...)
			}
			return nil
		})
		for _, dir := range dirs {
			os.Remove(dir)
		}
		if _, err := os.Stat(filepath.Join(at, group)); os.IsNotExist(err) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the cgroup %s is left", group)
}

// try runs a command in the container and answers what it says.
func (c *container) try(args ...string) string {
	b, _ := exec.Command("nsenter", append([]string{"--target", c.pid, "--mount", "--pid", "--cgroup", "--root", "--wd=/"}, args...)...).CombinedOutput()
	return string(b)
}

// systemctl is what systemctl says there: the judge of these tests.
func (c *container) systemctl(args ...string) string {
	return strings.TrimSpace(c.try(append([]string{"systemctl"}, args...)...))
}

// is fails unless irqbalance is in these states.
func (c *container) is(active, enabled string) {
	c.t.Helper()
	if got := c.systemctl("is-active", "irqbalance"); got != active {
		c.t.Errorf("it is %s, not %s", got, active)
	}
	if got := c.systemctl("is-enabled", "irqbalance"); got != enabled {
		c.t.Errorf("it is %s, not %s", got, enabled)
	}
}

// options are those of a Machine that has this systemd.
func (c *container) options() Options {
	return Options{Run: c.root + "/run", Proc: c.root + "/proc"}
}
