//go:build linux

package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// order is what a guard is told. Each is answered.
type order struct {
	Snapshot *Snapshot     `json:"snapshot,omitempty"` // what to undo from now on
	Within   time.Duration `json:"within,omitempty"`   // undo once that has passed
	Keep     bool          `json:"keep,omitempty"`     // the verdict: end, and undo nothing
	Undo     bool          `json:"undo,omitempty"`     // the verdict: undo, and end
}

// answer is what a guard says: that it has an order, or what became of an undo.
type answer struct {
	Undone *Restored `json:"undone,omitempty"`
	Error  string    `json:"error,omitempty"` // the undo was not finished
}

// Guard undoes what it was handed unless it is told to keep it: when it is told to,
// when the time is over, and when in ends, which is when the process at its other end
// is no more. It needs nothing but the snapshot that it was handed.
func (m *Machine) Guard(ctx context.Context, in io.Reader, out io.Writer) (Verdict, error) {
	orders := make(chan order)
	go func() {
		defer close(orders)
		decoder := json.NewDecoder(in)
		for {
			var o order
			// One that was cut off was not answered, and nothing was done on it.
			if decoder.Decode(&o) != nil {
				return
			}
			orders <- o
		}
	}()
	say := json.NewEncoder(out)
	held, orphaned, kept := wait(orders, say)
	if kept {
		say.Encode(answer{})
		return Verdict{Kept: true}, nil
	}
	undone, err := m.insist(ctx, held)
	a := answer{Undone: &undone}
	if err != nil {
		a.Error = err.Error()
	}
	say.Encode(a) // whoever asked may be gone
	return Verdict{Undone: undone, Orphaned: orphaned}, err
}

// wait takes orders until one is a verdict, or until the time is over or nobody is
// left to give one.
func wait(orders <-chan order, say *json.Encoder) (held *Snapshot, orphaned, kept bool) {
	var late <-chan time.Time
	for {
		select {
		case o, open := <-orders:
			switch {
			case !open, o.Undo, o.Keep:
				return held, !open, o.Keep
			case o.Snapshot != nil:
				held = o.Snapshot
			case o.Within > 0:
				late = time.After(o.Within)
			}
			say.Encode(answer{})
		case <-late:
			return held, false, false
		}
	}
}

// insist restores, and again a moment later where the machine could not be read.
func (m *Machine) insist(ctx context.Context, s *Snapshot) (res Restored, err error) {
	for wait := 100 * time.Millisecond; wait < 2*time.Second; wait *= 2 {
		if res, err = m.Restore(ctx, s); err == nil {
			return res, nil
		}
		select {
		case <-ctx.Done():
			return res, err
		case <-time.After(wait):
		}
	}
	return res, err
}

// guard is a process that runs Guard, as its parent sees it.
type guard struct {
	cmd     *exec.Cmd
	in      *json.Encoder
	pipe    io.Closer
	replies chan answer
	gone    chan struct{} // closed when it has ended
	last    *answer       // what became of its undo; to be read once it has ended
}

// errGuardGone says that the guard ended without a word.
var errGuardGone = errors.New("the guard process has ended")

// guardPatience is how long an answer may take: an undo of thousands of rules does
// not take a tenth of it.
const guardPatience = 30 * time.Second

// startGuard runs the command, which has to call Guard on its standard input and
// output. It is a session of its own: a terminal that closes, or a signal to all of
// the parent's group, does not reach it.
func startGuard(cmd *exec.Cmd) (*guard, error) {
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	g := &guard{cmd: cmd, in: json.NewEncoder(in), pipe: in, replies: make(chan answer, 1), gone: make(chan struct{})}
	go g.listen(out)
	return g, nil
}

// listen takes its answers until it has ended.
func (g *guard) listen(out io.Reader) {
	decoder := json.NewDecoder(out)
	for {
		var a answer
		if decoder.Decode(&a) != nil {
			break
		}
		if a.Undone != nil {
			g.last = &a
			continue
		}
		g.replies <- a
	}
	g.cmd.Wait() // how it ended is of no interest: it has spoken, or has not
	close(g.gone)
}

// tell gives an order and waits for the answer; that of a guard that has undone
// already is what became of it. One that does not answer is killed: two must not
// undo at once.
func (g *guard) tell(o order) (answer, error) {
	defer time.AfterFunc(guardPatience, func() { g.cmd.Process.Kill() }).Stop()
	if g.in.Encode(o) == nil { // else it is gone
		select {
		case a := <-g.replies:
			return a, nil
		case <-g.gone:
		}
	}
	<-g.gone
	if g.last != nil {
		return *g.last, nil
	}
	return answer{}, errGuardGone
}

// end lets it go. It has had its verdict, or nothing to undo.
func (g *guard) end() {
	defer time.AfterFunc(guardPatience, func() { g.cmd.Process.Kill() }).Stop()
	g.pipe.Close()
	<-g.gone
}
