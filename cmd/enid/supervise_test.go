//go:build linux

package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"enid/reconcile"
	"enid/reconcile/store"
)

// TestWatchdog: systemd is told that the daemon lives while its loop comes round, and
// not when it has been silent for longer than any turn; the probes are given their time.
func TestWatchdog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "40000")
	t.Setenv("WATCHDOG_PID", "")
	var mu sync.Mutex
	now, asked := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), make(chan struct{}, 1)
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	c := reconcile.New(reconcile.Config{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		select {
		case asked <- struct{}{}:
		default:
		}
		return now
	}}, &store.State{})
	d := daemon{Controller: c, probes: time.Minute}
	pass(aliveWithin + time.Minute)
	if d.Alive() == nil {
		t.Error("it is taken for alive after its time")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		supervised(ctx, d, slog.New(slog.NewTextHandler(io.Discard, nil)))
	}()
	for range 5 { // so many times it is asked, and does not ring
		<-asked
	}
	mark, err := net.Dial("unixgram", name)
	if err != nil {
		t.Fatal(err)
	}
	defer mark.Close()
	if _, err := mark.Write([]byte("MARK")); err != nil {
		t.Fatal(err)
	}
	until := func(want string) (heard string) {
		t.Helper()
		for buf := make([]byte, 4096); !strings.Contains(heard, want); {
			socket.SetReadDeadline(time.Now().Add(patience))
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("%s was not heard, but %q: %v", want, heard, err)
			}
			heard += string(buf[:n]) + "\n"
		}
		return heard
	}
	if heard := until("MARK"); strings.Contains(heard, "WATCHDOG") || !strings.Contains(heard, "READY=1") {
		t.Errorf("while the loop is silent: %q", heard)
	}
	pass(-time.Second)
	until("WATCHDOG=1")
	cancel()
	<-done
}
