//go:build linux

package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The ports by which the machine talks to the one outside.
const (
	portOutput  = "output"  // what the tests print
	portVerdict = "verdict" // their exit code, once
	portControl = "control" // QEMU's control protocol
)

func portFile(name string) string { return "/dev/virtio-ports/" + name }

// first is the machine's first process: it brings the machine up, has the tests
// run, says how they ended and turns the machine off. Where it cannot, it says so
// on the console, and there is no verdict.
func first() {
	if err := bringUp(); err != nil {
		fmt.Println("bring the machine up:", err)
	} else if err := runTests(); err != nil {
		fmt.Println("run the tests:", err)
	}
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func bringUp() error {
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/run"}, {"tmpfs", "/tmp"}} {
		if err := unix.Mount(m[0], m[1], m[0], 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m[1], err)
		}
	}
	if err := errors.Join(os.Setenv("PATH", "/bin:/sbin"), os.Setenv("HOME", "/tmp")); err != nil {
		return err
	}
	for _, args := range [][]string{append([]string{"modprobe", "-a"}, bootModules...), {"ip", "link", "set", "lo", "up"}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return linkPorts()
}

// linkPorts gives the ports their names, as udev does. They come a moment after
// their driver.
func linkPorts() error {
	if err := os.Mkdir(filepath.Dir(portFile("")), 0o755); err != nil {
		return err
	}
	missing := map[string]bool{portOutput: true, portVerdict: true, portControl: true}
	for began := time.Now(); len(missing) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			return fmt.Errorf("no ports %v", missing)
		}
		found, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, file := range found {
			b, _ := os.ReadFile(file)
			name := strings.TrimSpace(string(b))
			if !missing[name] {
				continue
			}
			if err := os.Symlink("/dev/"+filepath.Base(filepath.Dir(file)), portFile(name)); err != nil {
				return err
			}
			delete(missing, name)
		}
	}
	return nil
}

// runTests starts this binary again, for the tests, and passes on how it ended.
func runTests() error {
	var args []string
	b, err := os.ReadFile(argumentsFile)
	if err == nil {
		err = json.Unmarshal(b, &args)
	}
	if err != nil {
		return err
	}
	out, err := os.OpenFile(portFile(portOutput), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	var info unix.Sysinfo_t
	var u unix.Utsname
	if err := errors.Join(unix.Sysinfo(&info), unix.Uname(&u)); err != nil {
		return err
	}
	fmt.Fprintf(out, "Linux %s is up after %d s\n", unix.ByteSliceToString(u.Release[:]), info.Uptime)
	tests := exec.Command("/init", args...)
	tests.Stdout, tests.Stderr = out, out
	if err := tests.Run(); tests.ProcessState == nil {
		return err
	}
	return os.WriteFile(portFile(portVerdict), fmt.Append(nil, tests.ProcessState.ExitCode()), 0)
}
