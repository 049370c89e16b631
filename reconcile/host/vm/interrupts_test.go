//go:build linux

package vm

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

var interruptRow = regexp.MustCompile(`^\s*\d+:((?:\s+\d+)+)\s.*\s(virtio\d+)-input\.(\d+)$`)

// interrupts answers how often each receive queue of a NIC has interrupted a CPU,
// by /proc/interrupts.
func (l *lab) interrupts(nic string) map[int]int {
	l.t.Helper()
	device, err := os.Readlink("/sys/class/net/" + nic + "/device")
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := os.ReadFile("/proc/interrupts")
	if err != nil {
		l.t.Fatal(err)
	}
	out := map[int]int{}
	for line := range strings.Lines(string(b)) {
		row := interruptRow.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if row == nil || row[2] != filepath.Base(device) {
			continue
		}
		queue, _ := strconv.Atoi(row[3])
		for _, count := range strings.Fields(row[1]) {
			n, _ := strconv.Atoi(count)
			out[queue] += n
		}
	}
	return out
}

// connect sends from an address, on a CPU, to the far end, whose answer is a
// refusal. The outside answers a flow by the queue pair that it saw it come by, but
// learns of that only after its first answer: so each is sent twice.
func (l *lab) connect(from string, cpu int) {
	l.t.Helper()
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), uint16(20000+cpu)))
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with its CPU
		var only unix.CPUSet
		only.Set(cpu)
		if err := unix.SchedSetaffinity(0, &only); err != nil {
			done <- err
			return
		}
		d := net.Dialer{LocalAddr: local, Timeout: patience}
		for range 2 {
			c, err := d.Dial("tcp", "192.0.2.1:9")
			if err == nil {
				c.Close()
			}
			if !errors.Is(err, syscall.ECONNREFUSED) {
				done <- fmt.Errorf("from %s to the far end: %w, want a refusal", from, err)
				return
			}
		}
		done <- nil
	}()
	if err := <-done; err != nil {
		l.t.Fatal(err)
	}
}

// Each queue in use has an interrupt of its own, which comes; the queues out of use
// are silent.
func TestInterrupts_mq_every_nic(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	for _, n := range []int{4, 1, 2} {
		l.host(fmt.Sprintf("queues: %d", n))
		l.apply(0)
		before := l.interrupts("eth1")
		if len(before) != queues {
			t.Fatalf("/proc/interrupts has %v for eth1", before)
		}
		for cpu := range cpus {
			l.connect("10.0.1.20", cpu)
		}
		after := l.interrupts("eth1")
		for queue := range queues {
			if came := after[queue] - before[queue]; (came > 0) != (queue < n) {
				t.Errorf("with %d queues, queue %d interrupted %d times", n, queue, came)
			}
		}
	}
}
