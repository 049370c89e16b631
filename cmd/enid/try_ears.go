package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan/render"
	"enid/reconcile/host"
	"enid/reconcile/store"
	"enid/reconcile/web"
)

// ears are the ways in which a try is told what to do.
type ears struct {
	confirm chan os.Signal // SIGUSR1
	hangup  chan os.Signal
	socket  net.Listener
	callers chan net.Conn // that ran enid try --accept
	caller  net.Conn      // the one that confirmed
}

// trySocket answers where a try listens for --accept: in the state's folder, for its
// owner alone.
func trySocket(stateURL string) (string, error) {
	where, err := store.ParseURL(stateURL)
	if err != nil {
		return "", fmt.Errorf("--state: %w", err)
	}
	return filepath.Join(where.Dir, "try.sock"), nil
}

// listen begins to hear. The state's lock, which the caller holds, says that a socket
// that is there was left behind by a try that was killed.
func (a *app) listen() (*ears, error) {
	path, err := trySocket(a.state)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("socket: %w", err)
	}
	e := &ears{confirm: make(chan os.Signal, 1), hangup: make(chan os.Signal, 1), callers: make(chan net.Conn)}
	if e.socket, err = net.Listen("unix", path); err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("socket: %w", err), e.socket.Close())
	}
	signal.Notify(e.confirm, syscall.SIGUSR1)
	if !signal.Ignored(syscall.SIGHUP) { // nohup: it is to outlive its terminal
		signal.Notify(e.hangup, syscall.SIGHUP)
	}
	go func() {
		for {
			c, err := web.Owned{Listener: e.socket}.Accept()
			if err != nil {
				return
			}
			e.callers <- c
		}
	}()
	return e, nil
}

func (e *ears) close() {
	signal.Stop(e.confirm)
	signal.Stop(e.hangup)
	e.socket.Close() // removes the file too
}

// until answers a context that ends with a terminal that closes, too.
func (e *ears) until(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case s := <-e.hangup:
			e.hangup <- s // for verdict
			cancel()
		case <-ctx.Done():
			cancel()
		}
	}()
	return ctx
}

// answer tells who confirmed from another terminal what became of it.
func (e *ears) answer(kept bool) {
	if e.caller == nil {
		return
	}
	text := "undone"
	if kept {
		text = "kept"
	}
	e.caller.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintln(e.caller, text)
	e.caller.Close()
}

// acceptTry confirms the try that runs on this state.
func (a *app) acceptTry(ctx context.Context) error {
	path, err := trySocket(a.state)
	if err != nil {
		return err
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "unix", path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no try is running on the state %s; another one is named by --state", filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("try: %w", err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	switch line, _ := bufio.NewReader(c).ReadString('\n'); strings.TrimSpace(line) {
	case "kept":
		fmt.Fprintln(a.out, "Kept.")
		return nil
	case "undone":
		return errors.New("it came too late: the change was undone")
	}
	return errors.New("the try ended without an answer: the change was undone")
}

// verdict waits until somebody confirms, or until it is to be undone, and says why.
func (a *app) verdict(ctx context.Context, trial *host.Trial, e *ears, timeout time.Duration) (keep bool, why string) {
	select { // a signal before there was anything to confirm confirms nothing
	case <-e.confirm:
	default:
	}
	enter := a.enter()
	fmt.Fprintf(a.out, "\nKeep it? Enter keeps it, and so does `enid try --accept` elsewhere. Ctrl-C undoes it, and so does waiting for %s.\n", timeout)
	end := time.Now().Add(timeout)
	over := time.NewTimer(timeout)
	defer over.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	if terminal(a.out) {
		defer fmt.Fprint(a.out, "\r\x1b[K")
	}
	for {
		select {
		case line, open := <-enter:
			switch {
			case !open:
				enter = nil // the end of the input
			case strings.TrimSpace(line) == "":
				return true, ""
			default:
				fmt.Fprintf(a.out, "%q is no answer: Enter alone keeps it\n", render.Inert(strings.TrimSpace(line)))
			}
		case <-e.confirm:
			return true, ""
		case e.caller = <-e.callers:
			return true, ""
		case <-e.hangup:
			return false, "the terminal was closed"
		case <-ctx.Done():
			return false, "it was interrupted"
		case <-trial.Ended():
			return false, "the guard process ended it"
		case <-over.C:
			return false, fmt.Sprintf("it was not confirmed within %s", timeout)
		case now := <-second.C:
			if terminal(a.out) {
				fmt.Fprintf(a.out, "\r\x1b[K%s left ", end.Sub(now).Round(time.Second))
			}
		}
	}
}

// enter answers the lines of the input. What was typed before there was a question
// answers none.
func (a *app) enter() <-chan string {
	lines := make(chan string)
	if f, ok := a.in.(*os.File); ok && terminal(f) {
		unix.IoctlSetInt(int(f.Fd()), unix.TCFLSH, unix.TCIFLUSH)
	}
	go func() {
		defer close(lines)
		in := bufio.NewReader(a.in)
		for {
			line, err := in.ReadString('\n')
			if err != nil { // what stands before the end of the input was not entered
				return
			}
			lines <- line
		}
	}()
	return lines
}

// showUndone says what stays different after an undo.
func (a *app) showUndone(w io.Writer, r host.Restored) {
	for _, s := range r.Left {
		fmt.Fprintln(w, "  left    ", render.Inert(s))
	}
	for _, s := range r.Failed {
		fmt.Fprintln(w, "  failed  ", render.Inert(s))
	}
}
