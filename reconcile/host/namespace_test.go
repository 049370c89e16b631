//go:build linux

package host

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inside says that this process is the one in the namespaces.
const inside = "ENID_HOST_TEST_INSIDE"

// fewChecks is enough for most properties here: each check makes a machine anew.
const fewChecks = "15"

// TestMain runs the tests in a network and mount namespace of their own, in a
// process of their own: nothing of them outlives it. Without root a user namespace
// is tried as well; where that is forbidden the tests are skipped, with the reason.
func TestMain(m *testing.M) {
	if os.Getenv(guarding) != "" {
		os.Exit(guardMain())
	}
	if os.Getenv(inside) != "" {
		if err := enter(); err != nil {
			fmt.Fprintln(os.Stderr, "namespace:", err)
			os.Exit(1)
		}
		flag.Set("rapid.checks", fewChecks) // what the command line says still wins
		os.Exit(m.Run())
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	default:
		fmt.Printf("SKIP: no namespaces here: %v\n", err)
	}
}

// enter makes the namespace usable: a mount namespace that keeps to itself, with a
// sysfs that shows this network namespace.
func enter() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		return fmt.Errorf("mount sysfs: %w", err)
	}
	// The machine's own files for the boot are no concern of a test.
	for _, dir := range []string{"/etc/systemd/network", "/etc/netplan", "/etc/sysconfig/network-scripts"} {
		if err := unix.Mount("files", dir, "tmpfs", 0, ""); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("hide %s: %w", dir, err)
		}
	}
	return nil
}

// masksWritable reports whether rps_cpus can be written here: in a user namespace
// it cannot.
func masksWritable() bool {
	b, err := os.ReadFile("/proc/self/uid_map")
	var in, out, n int64
	fmt.Sscan(string(b), &in, &out, &n)
	return err == nil && n > 1
}

func mayWriteMasks(t testing.TB) {
	if !masksWritable() {
		t.Skip("rps_cpus can be written in the initial user namespace only")
	}
}
