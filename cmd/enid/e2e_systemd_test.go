//go:build linux

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A daemon that systemd has started says on systemd's socket that it serves, that its
// loop comes round, what it is at, and that it ends.
func TestNotifiesSystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dir + "/notify", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.CopyFS(dir+"/work", os.DirFS("../../examples/multi-eni")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("enid", "run", "--path", dir+"/work/topology", "--state", dir+"/state", "--interval", "1h")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+dir+"/notify", "WATCHDOG_USEC=400000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	heard := ""
	hear := func(want string, times int) {
		t.Helper()
		for end := time.Now().Add(patience); strings.Count(heard, want) < times; {
			buf := make([]byte, 4096)
			socket.SetReadDeadline(end)
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("%s was not heard %d times, but %q: %v", want, times, heard, err)
			}
			heard += string(buf[:n]) + "\n"
		}
	}
	hear("READY=1", 1)
	hear("WATCHDOG=1", 3)
	hear("applied, source Ready", 1)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hear("STOPPING=1", 1)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
