//go:build linux

package vm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// kernelPackage is the Debian package that depends on the newest kernel for virtual
// machines. It boots in half the time of the one for all machines.
const kernelPackage = "linux-image-cloud-amd64"

// tools are the programs that a run needs, each with its Debian package.
var tools = [][2]string{
	{"qemu-system-x86_64", "qemu-system-x86"}, {"busybox", "busybox-static"}, {"depmod", "kmod"}, {"modprobe", "kmod"},
	{"ip", "iproute2"}, {"ethtool", "ethtool"}, {"growpart", "cloud-guest-utils"}, {"sfdisk", "fdisk"}, {"partx", "util-linux"}, {"resize2fs", "e2fsprogs"}, {"ldd", "libc-bin"}, {"sh", "dash"}, {"go", "golang-go"},
}

// able answers what this machine lacks to run another one, and how to get it.
func able() error {
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("it boots an amd64 kernel and runs this very binary, which is %s: run it on amd64", runtime.GOARCH)
	}
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin"); err != nil {
		return err
	}
	var programs, packages []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool[0]); err != nil {
			programs, packages = append(programs, tool[0]), append(packages, tool[1])
		}
	}
	if len(programs) > 0 {
		return fmt.Errorf("%s not found: apt-get install -y --no-install-recommends %s", strings.Join(programs, ", "), strings.Join(packages, " "))
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("its NICs end in taps: %w; run it as root, or let this user open that file", err)
	}
	return tun.Close()
}

// kernel is an unpacked kernel package. Nothing of it is installed.
type kernel struct {
	root    string // where it is unpacked
	release string // as uname -r has it
}

func (k kernel) image() string { return filepath.Join(k.root, "boot", "vmlinuz-"+k.release) }

// openKernel answers the kernel that the cache holds, and fetches one where it has
// none. What is half fetched after a crash is not taken for one.
func openKernel(ctx context.Context, cache string) (kernel, error) {
	root := filepath.Join(cache, "kernel")
	if found, _ := filepath.Glob(filepath.Join(root, "lib/modules/*/modules.dep")); len(found) == 1 {
		return kernel{root, filepath.Base(filepath.Dir(found[0]))}, nil
	}
	if err := fetch(ctx, root); err != nil {
		return kernel{}, fmt.Errorf("fetch Debian's kernel: %w", err)
	}
	return openKernel(ctx, cache)
}

var dependsOn = regexp.MustCompile(`Depends: (linux-image-\S+)`)

// fetch downloads the kernel's package and unpacks it to root.
func fetch(ctx context.Context, root string) error {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w; on another system unpack the package that %s depends on to %s, and run depmod -b there", err, kernelPackage, root)
		}
	}
	out, err := output(ctx, "", "apt-cache", "depends", kernelPackage)
	name := dependsOn.FindStringSubmatch(out)
	if err != nil || name == nil {
		return errors.Join(err, fmt.Errorf("apt knows no %s: run apt-get update; it is in Debian's main section", kernelPackage))
	}
	fresh := root + ".new"
	if err := errors.Join(os.RemoveAll(root), os.RemoveAll(fresh), os.MkdirAll(fresh, 0o755)); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if _, err := output(ctx, fresh, "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name[1]); err != nil {
		return fmt.Errorf("%w; if the archive has a newer one by now, run apt-get update", err)
	}
	packages, _ := filepath.Glob(filepath.Join(fresh, "*.deb"))
	if len(packages) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages", name[1], len(packages))
	}
	if _, err := output(ctx, "", "dpkg", "-x", packages[0], fresh); err != nil {
		return err
	}
	release := strings.TrimPrefix(name[1], "linux-image-")
	if _, err := output(ctx, "", "depmod", "-b", fresh, release); err != nil {
		return err
	}
	return errors.Join(os.Remove(packages[0]), os.Rename(fresh, root))
}

// output runs a program and answers what it printed.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}
