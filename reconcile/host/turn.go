//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"enid/plan"
	"enid/plan/doctor"
	"enid/plan/guest"
	"enid/schema"
)

// maxRounds bounds how often a turn observes and plans again: each round ends
// with what was learnt in the one before.
const maxRounds = 4

// sight is one look at the machine: what is, what should be, and the way there.
type sight struct {
	world  *plan.World
	wanted *guest.Wanted
	plan   *plan.Plan
}

// Plan is the dry run of a turn: the host's part of the plan, and warnings. It
// changes nothing. The error says that the machine could not be read, or that
// there is no such Host.
func (m *Machine) Plan(ctx context.Context, cloud *plan.World, host string) (*plan.Host, []plan.Advice, error) {
	h, err := guest.Declared(cloud, host)
	if err != nil {
		return nil, nil, err
	}
	s, err := m.look(ctx, h, nil)
	if err != nil {
		return nil, nil, err
	}
	// The clients may be another process's, which a dry run takes nothing from.
	if leases := guest.Presumed(s.world); len(leases) > 0 {
		var learnt []*Learnt
		for _, l := range leases {
			learnt = append(learnt, &Learnt{l.Ref(), l})
		}
		if s, err = m.look(ctx, h, learnt); err != nil {
			return nil, nil, err
		}
	}
	return s.wanted.Steps(s.plan, s.world), s.wanted.Advise(s.plan, s.world), nil
}

// Turn converges the machine once: observe, derive what is wanted, plan, check the
// plan, do its steps, observe again. Steps that fail are undone with the others of
// their interface, and tried again later. The error says that nothing could be
// decided: the machine could not be read, there is no such Host, or ctx ended.
func (m *Machine) Turn(ctx context.Context, cloud *plan.World, host string) (Result, error) {
	h, err := guest.Declared(cloud, host)
	if err != nil {
		return Result{}, err
	}
	return m.Converge(ctx, h, nil)
}

// Converge is Turn to what was derived from a cloud state already. before is called
// before anything is changed, and again before more is, with what takes all of the
// turn back; its error keeps that from being done. With a before, what cannot be
// undone is left to another turn. Nil: nobody asks.
func (m *Machine) Converge(ctx context.Context, h *guest.Host, before func(*Snapshot) error) (Result, error) {
	res := Result{Host: h.Name, Before: &Snapshot{}, before: before, may: anything}
	if before != nil {
		res.may = undoable
	}
	return m.converge(ctx, h, res)
}

// Sustain does of a turn only what keeps the addresses that are there from running
// out: it asks for their leases again, and has them last as long. For a machine that
// is otherwise left alone.
func (m *Machine) Sustain(ctx context.Context, h *guest.Host) error {
	_, err := m.converge(ctx, h, Result{Host: h.Name, Before: &Snapshot{}, may: sustaining})
	return err
}

func (m *Machine) converge(ctx context.Context, h *guest.Host, res Result) (Result, error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	var learned []*Learnt
	patience := m.opts.Now().Add(m.opts.Patience)
	for round := 0; ; round++ {
		s, err := m.look(ctx, h, learned)
		if err != nil {
			return res, err
		}
		steps := s.steps(res.may)
		if round == 0 {
			res.Drifted = drift(steps)
		}
		if len(steps) == 0 && m.await(ctx, slices.Concat(s.wanted.Detecting(s.world), s.wanted.Asking), patience) {
			round-- // nothing was done in this one
			continue
		}
		if len(steps) == 0 || round == maxRounds {
			m.holds.seen = s.world
			m.conclude(&res, s, len(steps) > 0)
			return res, nil
		}
		more, err := m.carryOut(ctx, s, &res)
		m.holds.seen = s.world
		if err != nil {
			return res, err
		}
		learned = append(learned, more...)
		if round == 0 {
			res.Drifted -= len(more) // no difference after all
		}
	}
}

// look observes, derives and plans. A plan that takes addresses away is made once
// more with the routes that may go along in view.
func (m *Machine) look(ctx context.Context, h *guest.Host, learned []*Learnt) (*sight, error) {
	reading := h.Reading()
	for {
		o, err := m.read(ctx, reading)
		if err != nil {
			return nil, err
		}
		s := &sight{world: guest.World(o)}
		for _, t := range learned {
			s.world.Put(t.Target, t.By)
		}
		s.wanted = h.Want(s.world)
		m.note(reading, o.Links, s.wanted.Primary)
		held := m.holds.active(m.opts.Now())
		if err := m.plan(s, held); err != nil {
			return nil, err
		}
		if links := guest.Leaves(s.plan, s.world); len(links) > 0 && !slices.Equal(links, reading.Links) && reading.Links == nil {
			reading.Links = links
			continue
		}
		m.holds.block(s.wanted, held)
		return s, nil
	}
}

// plan makes the plan of a sight, without the chains that are held, and has it
// judged. An address of a held chain is kept alive all the same: what failed in the
// chain is no reason to lose what is leased.
func (m *Machine) plan(s *sight, held map[string]*hold) error {
	if plan.AtRest(guest.Domain(), s.world, s.wanted.World) {
		s.plan = &plan.Plan{Format: plan.Format, AsOf: m.opts.Now().UTC()}
		return nil
	}
	var opts plan.Options
	if len(held) > 0 {
		opts.Only = func(ref plan.Ref) bool {
			return held[guest.Chain(ref, s.world, s.wanted.World)] == nil || guest.Ages(ref, s.world, s.wanted.World)
		}
	}
	at := m.opts.Now()
	p, err := plan.Make(guest.Domain(), s.world, s.wanted.World, at, opts)
	if err != nil {
		return fmt.Errorf("plan Host/%s: %w", s.wanted.Host.Name, err)
	}
	if err := plan.Check(guest.Domain(), p, s.world, s.wanted.World, at, opts); err != nil {
		return fmt.Errorf("the plan of Host/%s is wrong, and nothing of it is done: %w", s.wanted.Host.Name, err)
	}
	s.plan = p
	return nil
}

// steps answers the plan's steps that can run and may, without those that depend on
// one that may not.
func (s *sight) steps(may func(*sight, *plan.Step) bool) []*plan.Step {
	left := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(s.plan.Runnable()), func(step *plan.Step) bool {
		left[step.ID] = !may(s, step) || slices.ContainsFunc(step.DependsOn, func(id string) bool { return left[id] })
		return left[step.ID]
	})
}

// What a turn may do.
func anything(*sight, *plan.Step) bool        { return true }
func undoable(_ *sight, step *plan.Step) bool { return Undoable(step.Target.Kind) }
func sustaining(s *sight, step *plan.Step) bool {
	l, _ := s.wanted.World.Get(step.Target).(guest.Lease)
	return step.Op.ID == guest.SetLifetime || step.Op.ID == guest.AcquireLease && l.Again
}

// carryOut does the plan's steps and notes how they went. It answers what others
// have put in the way, for the next look.
func (m *Machine) carryOut(ctx context.Context, s *sight, res *Result) ([]*Learnt, error) {
	if !m.permitted() {
		return nil, errNotPermitted
	}
	before, err := m.primaryRoute(ctx)
	if err != nil {
		return nil, err
	}
	steps := s.steps(res.may)
	taken, err := m.snapshot(ctx, steps, s.world, s.wanted.World)
	if err != nil {
		return nil, err
	}
	if res.before != nil {
		res.Before.extend(taken)
		if err := res.before(res.Before); err != nil {
			return nil, err
		}
	}
	r := &run{m: m, world: s.world, want: s.wanted.World, primary: before, before: taken,
		chains: map[string][]deed{}, failed: map[string]error{}, stale: map[string]bool{}, missed: map[string]bool{}}
	err = r.steps(ctx, steps)
	if after, look := m.primaryRoute(ctx); look == nil && after != before {
		// No step of a plan touches it: another program changed it meanwhile.
		m.opts.Log.Warn("main's default route changed during the turn", "host", s.wanted.Host.Name)
		res.PrimaryMoved = true
	}
	at := m.opts.Now()
	for _, f := range r.done {
		if r.failed[f.chain] == nil {
			res.Done = append(res.Done, s.wanted.Step(f.step, s.world))
			m.holds.did(f.chain, f.step, at, s.world, s.wanted.World)
			if !r.stale[f.chain] && f.step.Op.ID != guest.SetLifetime { // time passes in a held one too
				m.holds.well(f.chain)
			}
		}
	}
	for chain, failure := range r.failed {
		m.holds.fail(chain, failure.Error(), at)
	}
	m.holds.fights(at, func(kind schema.Kind) []string { return doctor.Suspects(doctor.Examine(m.gather(s)), kind) })
	return r.learned, err
}

// conclude says how the turn went from the last look at the machine.
func (m *Machine) conclude(res *Result, s *sight, more bool) {
	blocked := *s.plan
	blocked.Steps = blocked.Steps[len(blocked.Runnable()):]
	for _, step := range s.wanted.Steps(&blocked, s.world).Steps {
		if len(step.BlockedBy) > 0 {
			res.Blocked = append(res.Blocked, step)
		}
	}
	if may := s.steps(res.may); len(may) < len(s.plan.Runnable()) {
		left := *s.plan
		left.Steps = slices.DeleteFunc(slices.Clone(s.plan.Runnable()), func(step *plan.Step) bool { return slices.Contains(may, step) })
		for _, step := range s.wanted.Steps(&left, s.world).Steps {
			if len(step.BlockedBy) == 0 {
				res.Left = append(res.Left, step)
			}
		}
	}
	res.WaitingFor, res.Asking, res.Leases = s.wanted.Waiting, s.wanted.Asking, guest.Granted(s.world)
	res.Advice = s.wanted.Advise(s.plan, s.world)
	res.ENIs = s.stand(res)
	res.RetryAfter = m.holds.next(m.opts.Now())
	said, waitsOnly := reasons(res.Blocked, slices.Concat(res.WaitingFor, res.Asking))
	switch {
	case !waitsOnly:
		res.Condition, res.Message = Degraded, strings.Join(said, "; ")
	case more:
		res.Condition, res.Message = Converging, "the machine changes faster than enid converges it"
		if res.RetryAfter == 0 { // nothing failed, and what changed may have sent no event
			res.RetryAfter = firstHold
		}
	case len(s.wanted.Detecting(s.world)) > 0:
		res.Condition, res.Message = Converging, "duplicate address detection of "+strings.Join(s.wanted.Detecting(s.world), ", ")
	case len(res.WaitingFor)+len(res.Asking) > 0:
		res.Condition, res.Message = Waiting, waiting(res.WaitingFor, res.Asking)
	default:
		res.Condition = Converged
	}
}

// await reports whether it is worth another look: something comes by itself, which are
// addresses under detection and answers of DHCP servers, and patience is left. It waits
// a moment then.
func (m *Machine) await(ctx context.Context, coming []string, until time.Time) bool {
	if len(coming) == 0 || !m.opts.Now().Before(until) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(detectionPoll):
		return true
	}
}

// detectionPoll is short against the detection, which takes about 2 s, and not very
// short against an answer.
const detectionPoll = 50 * time.Millisecond

// Stopped reports whether an error of Turn means that the turn was cut short, not
// that anything is wrong.
func Stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errStopped)
}
