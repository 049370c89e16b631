//go:build linux

package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cpus    = 4
	maxCPUs = 40 // that could be plugged in: masks are of more than one group
	queues  = 4  // of each NIC; its maximum and what it has at first
	nics    = 3  // at first; plug adds more
	slots   = 6  // for NICs

	// bootTime is ten times what a boot takes. About one in a hundred hangs before
	// the first process: an oddity of the emulation, met by a fresh one.
	bootTime = 60 * time.Second
	boots    = 3
	// testTime bounds the tests, which then say where they stand, and wholeTime a
	// run, whatever the tests do; go test itself would wait for ten minutes.
	testTime  = 5 * time.Minute
	wholeTime = 8 * time.Minute
)

// drive boots the machine, has the tests run there, and answers their exit code.
// When it returns nothing is left but the kernel in the cache: the taps are in a
// network namespace that ends with QEMU.
func drive(ctx context.Context, cache string) (code int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wholeTime, fmt.Errorf("not done after %s", wholeTime))
	defer cancel()
	// A killed go test leaves its tests running, a quiet machine among them.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0); err != nil {
		return 1, fmt.Errorf("end with go test: %w", err)
	}
	if err := able(); err != nil {
		return 1, err
	}
	unlock, err := lock(cache)
	if err != nil {
		return 1, err
	}
	defer unlock()
	k, err := openKernel(ctx, cache)
	if err != nil {
		return 1, err
	}
	work := filepath.Join(cache, "run")
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o755)); err != nil { // a killed run's
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := writeImage(ctx, filepath.Join(work, "image"), k, work); err != nil {
		return 1, fmt.Errorf("make the machine's file system: %w", err)
	}
	for try := 1; ; try++ {
		code, err = boot(ctx, k, work)
		if !errors.Is(err, errHung) && !errors.Is(err, errCrashed) || try == boots {
			break
		}
		fmt.Fprintf(os.Stderr, "machine test: %v; once more\n", err)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return code, err
}

// lock keeps a second run out of the cache.
func lock(cache string) (unlock func(), err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.Open(cache)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		dir.Close()
		return nil, fmt.Errorf("lock %s: %w; another run has it: wait for that, or set %s to another folder", cache, err, cacheVariable)
	}
	return func() { dir.Close() }, nil
}

// errCrashed: QEMU itself crashed, whatever ran in it.
var errCrashed = errors.New("QEMU crashed")

var errHung = fmt.Errorf("no process runs in the machine after %s", bootTime)

// boot runs the machine once. errHung: it did not come up; errCrashed: it is gone.
func boot(ctx context.Context, k kernel, work string) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hung := time.AfterFunc(bootTime, func() { cancel(errHung) })
	defer hung.Stop()
	if err := makeVolumes(work); err != nil {
		return 1, err
	}
	cmd := machine(ctx, k, work)
	var complaints bytes.Buffer
	out := &firstByte{seen: func() { hung.Stop() }}
	cmd.Stdout, cmd.Stderr = out, &complaints
	runErr := cmd.Run()
	switch verdict, _ := os.ReadFile(filepath.Join(work, "verdict")); {
	case errors.Is(context.Cause(ctx), errHung):
		return 1, errHung
	case ctx.Err() == nil && len(verdict) > 0:
		return strconv.Atoi(strings.TrimSpace(string(verdict)))
	}
	var ended *exec.ExitError
	if errors.As(runErr, &ended) && ctx.Err() == nil {
		if status := ended.Sys().(syscall.WaitStatus); status.Signaled() && status.Signal() == syscall.SIGSEGV {
			return 1, fmt.Errorf("%w: %w", errCrashed, runErr)
		}
	}
	console, _ := os.ReadFile(filepath.Join(work, "console"))
	return 1, fmt.Errorf("the machine ended without a verdict: %v\n%s%s", runErr, complaints.String(), last(string(console), 30))
}

// firstByte copies to the standard output.
type firstByte struct {
	seen func()
	any  atomic.Bool
}

func (f *firstByte) Write(b []byte) (int, error) {
	if f.any.CompareAndSwap(false, true) {
		f.seen()
	}
	return os.Stdout.Write(b)
}

// last answers the last n lines of a text.
func last(text string, n int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

// taps makes the outside of the NICs, in the namespace that QEMU then runs in. All
// of them lead to 192.0.2.1; what comes with a source address of another one's
// subnet is dropped, as a cloud does.
const taps = `set -e
ip link set lo up
ip address add 192.0.2.1/32 dev lo
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
n=0
while [ $n -lt $SLOTS ]; do
	ip tuntap add dev tap$n mode tap multi_queue
	ip address add 10.0.$n.1/24 dev tap$n
	ip link set tap$n up
	n=$((n + 1))
done
exec qemu-system-x86_64 "$@"`

// machine is the command that runs the machine, in the folder work and in a network
// namespace of its own. Without root that takes a user namespace.
func machine(ctx context.Context, k kernel, work string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", taps, "qemu"}, parts(k)...)...)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), fmt.Sprintf("SLOTS=%d", slots))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// parts are QEMU's arguments: what the machine is made of.
func parts(k kernel) []string {
	args := []string{"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", fmt.Sprintf("%d,maxcpus=%d", cpus, maxCPUs), "-m", "1024",
		"-kernel", k.image(), "-initrd", "image",
		// The HPET goes right where this machine is busy too: the TSC is measured at
		// boot, and was seen to go three times as fast then. A panic ends QEMU.
		"-append", "console=ttyS0 quiet panic=-1 nokaslr mitigations=off audit=0 no_timer_check clocksource=hpet",
		"-serial", "file:console", "-device", "virtio-rng-pci",
		// QEMU's own control socket, and another end of it in the machine: a test
		// plugs by asking QEMU itself.
		"-chardev", "socket,id=monitor,path=monitor,server=on,wait=off", "-mon", "chardev=monitor,mode=control",
		"-device", "virtio-serial-pci"}
	for port, end := range map[string]string{
		portOutput:  "file,path=/dev/stdout",
		portVerdict: "file,path=verdict",
		portControl: "socket,path=monitor",
	} {
		backend, options, _ := strings.Cut(end, ",")
		args = append(args, "-chardev", backend+",id="+port+","+options, "-device", "virtserialport,chardev="+port+",name="+port)
	}
	args = append(args, volumeParts()...)
	for n := range slots {
		args = append(args, "-device", fmt.Sprintf("pcie-root-port,id=slot%d,chassis=%d,slot=%d", n, n+1, n+1))
		if n < nics {
			args = append(args, "-netdev", nicEnd(n).option(), "-device", nicDevice(n).option())
		}
	}
	return args
}
