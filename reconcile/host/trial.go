//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"enid/plan/guest"
)

// Trial is a turn that is undone unless it is kept. Two processes can undo it: a
// guard, which holds the snapshot and does it also where this process is killed, and
// this process, where the guard is.
//
//	before the guard has the snapshot   nothing is changed yet
//	during the turn, or after it        a crash of this process ends the guard's
//	                                    input: it undoes
//	a crash of the guard                this process undoes, once it sees it
//	while the guard undoes              what is left is less; undoing is idempotent
//	after the verdict                   nothing is to be undone
type Trial struct {
	m      *Machine
	guard  *guard
	before *Snapshot
	ended  bool
}

// Verdict is how a Trial ended.
type Verdict struct {
	Kept bool
	// Undone is what became of the undo where it was not kept.
	Undone Restored
	// Orphaned says that a guard undid because its parent was gone.
	Orphaned bool
	// Guardless says that the guard process was gone, and why this one undid.
	Guardless error
}

// Try is Converge as a Trial. command is a process, not started yet, that calls Guard
// on its standard input and output. Nothing is changed before it holds the snapshot. What
// cannot be undone is left to another turn. Where it answers an error, everything is
// undone.
func (m *Machine) Try(ctx context.Context, h *guest.Host, command *exec.Cmd) (*Trial, Result, error) {
	g, err := startGuard(command)
	if err != nil {
		return nil, Result{}, err
	}
	t := &Trial{m: m, guard: g, before: &Snapshot{}}
	hold := func(s *Snapshot) error {
		if _, err := g.tell(order{Snapshot: s}); err != nil {
			return err
		}
		t.before = s
		return nil
	}
	res, err := m.Converge(ctx, h, hold)
	if err == nil {
		if err = m.settle(ctx, t.before); err == nil {
			err = hold(t.before)
		}
	}
	if err != nil {
		_, undo := t.Undo()
		return nil, res, errors.Join(err, undo)
	}
	return t, res, nil
}

// Changed reports whether the turn changed anything.
func (t *Trial) Changed() bool { return !t.before.Empty() }

// Within has the guard undo once that time has passed, whatever becomes of this
// process.
func (t *Trial) Within(d time.Duration) error {
	_, err := t.guard.tell(order{Within: d})
	return err
}

// Ended answers a channel that is closed when the guard has ended by itself: its time
// was over, or it was killed. Undo then says which, and undoes what is left.
func (t *Trial) Ended() <-chan struct{} { return t.guard.gone }

// Keep keeps what was done, unless the guard has undone it already.
func (t *Trial) Keep() (Verdict, error) {
	defer t.end()
	a, err := t.guard.tell(order{Keep: true})
	if a.Undone != nil {
		return t.verdict(a)
	}
	// Without its guard it is kept all the same: there is nothing that would undo it.
	return Verdict{Kept: true, Guardless: err}, nil
}

// Undo undoes what was done, by the guard or, where that is gone, here. The error
// says that it was not finished.
func (t *Trial) Undo() (Verdict, error) {
	defer t.end()
	a, err := t.guard.tell(order{Undo: true})
	if err == nil {
		return t.verdict(a)
	}
	v := Verdict{Guardless: err}
	v.Undone, err = t.m.insist(context.Background(), t.before)
	return v, err
}

func (t *Trial) verdict(a answer) (v Verdict, err error) {
	v.Undone = *a.Undone
	if a.Error != "" {
		err = fmt.Errorf("guard: %s", a.Error)
	}
	return v, err
}

func (t *Trial) end() {
	if !t.ended {
		t.ended = true
		t.guard.end()
	}
}
