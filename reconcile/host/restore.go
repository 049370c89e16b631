//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Restored is what became of an undo.
type Restored struct {
	// Changed counts what was removed, made again or set back.
	Changed int `json:"changed"`
	// Left is what somebody else has changed since the turn, and what therefore
	// stays as it is, in words.
	Left []string `json:"left,omitempty"`
	// Failed is what could not be put back, with the kernel's reason.
	Failed []string `json:"failed,omitempty"`
}

// Restore brings the machine from what it is to what the snapshot says it was, in
// what the snapshot's turn was to change. What is there and carries no mark of
// enid's was put there by somebody else and stays; what outlived the turn and is
// missing now was taken by somebody else and stays away; so does a value that is no
// longer the one that the turn gave it. What comes back stands where it stood, but
// for two orders that only a touch of what is others' could restore: of routes of one
// place over several links, and of rules that share a priority with enid's.
//
// It is idempotent, and a crash anywhere in it leaves less to do for the next one.
// The error says that the machine could not be read.
func (m *Machine) Restore(ctx context.Context, s *Snapshot) (Restored, error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.restore(ctx, s)
}

func (m *Machine) restore(ctx context.Context, s *Snapshot) (res Restored, err error) {
	if s.Empty() {
		return res, nil
	}
	b := &back{m: m, shot: s.whole(), age: monotonic() - s.At, made: map[string]bool{}, down: map[int]bool{},
		why: map[string]error{}}
	b.was = forms(b.shot.Was)
	for _, o := range b.shot.Made {
		b.made[o.place()] = true
	}
	if b.n, err = m.links(ctx, &guest.Objects{}); err != nil {
		return res, err
	}
	if err := b.shot.follow(b.n); err != nil {
		return res, err
	}
	if b.now, err = m.present(ctx, b.shot); err != nil {
		return res, err
	}
	b.began = forms(b.now)
	for _, stage := range []func(context.Context) error{b.clear, b.linksDown, b.links, b.addresses, b.routes, b.rules, b.values, b.verify} {
		if err := stage(ctx); err != nil {
			return b.res, fmt.Errorf("undo: %w", err)
		}
	}
	return b.res, nil
}

// back is an undo under way. It goes the other way round than a plan does: no
// traffic is sent to what goes next, and it is sent to what comes back once that is
// complete. Chains are undone together, since a table or a metric may have gone from
// one to the other.
type back struct {
	m     *Machine
	shot  *shot
	age   time.Duration
	now   []object        // what was there when it began
	made  map[string]bool // places
	was   map[string]int  // forms
	began map[string]int  // forms of now
	n     names
	down  map[int]bool // links that it took down
	res   Restored

	why map[string]error // the kernel's refusals, by form
}

// clear removes the rules that the turn made, then the routes.
func (b *back) clear(context.Context) error {
	for _, typ := range []uint16{unix.RTM_NEWRULE, unix.RTM_NEWROUTE} {
		b.remove(slices.DeleteFunc(slices.Clone(b.now), func(o object) bool { return o.Type != typ || !b.goes(o) }))
	}
	return nil
}

// goes reports whether the turn made what is there now.
func (b *back) goes(o object) bool { return o.ours() && b.made[o.place()] && b.was[o.form()] == 0 }

// returns reports whether something that was there is to come back: it is missing,
// and was when the turn ended, or went with what was removed here.
func (b *back) returns(o object, there map[string]int) bool {
	f := o.form()
	return there[f] == 0 && (!o.Kept || b.began[f] > 0)
}

// routes puts back what is missing, and takes away what only the kernel made of
// addresses that were put on again.
func (b *back) routes(ctx context.Context) error {
	now, err := b.m.present(ctx, b.shot)
	if err != nil {
		return err
	}
	there := forms(now)
	b.remove(slices.DeleteFunc(slices.Clone(now), func(o object) bool {
		return o.Type != unix.RTM_NEWROUTE || !o.kernels() || b.began[o.form()] > 0 || b.was[o.form()] > 0 || everyLinks(o)
	}))
	var missing []object
	for _, o := range b.shot.Was {
		if o.Type == unix.RTM_NEWROUTE && b.returns(o, there) && (!o.kernels() || follows(o, now)) {
			missing = append(missing, o)
		}
	}
	for _, o := range b.now { // others', which went along with what was just removed
		if o.Type == unix.RTM_NEWROUTE && there[o.form()] == 0 && b.was[o.form()] == 0 && !b.goes(o) && !o.kernels() && !b.isDown(o) {
			missing = append(missing, o)
		}
	}
	// A gateway is refused until the route to it is there: what is refused is tried
	// again for as long as something is taken.
	for len(missing) > 0 {
		refused := b.create(missing)
		if len(refused) == len(missing) {
			break
		}
		missing = refused
	}
	return nil
}

// follows reports whether a route of the kernel's is one that an address of its link
// brings along, and that has to be made again where it is missing. Those of IPv6 come
// by themselves, a moment later.
func follows(route object, now []object) bool {
	if route.family() == unix.AF_INET6 {
		return false
	}
	dst := netip.PrefixFrom(route.addr(unix.RTA_DST), int(route.Body[1]))
	src := route.addr(unix.RTA_PREFSRC)
	return slices.ContainsFunc(now, func(o object) bool {
		if o.Type != unix.RTM_NEWADDR || !slices.Equal(o.links(), route.links()) {
			return false
		}
		a := o.local()
		return a == src || dst.Contains(a) || o.addr(unix.IFA_ADDRESS) == dst.Addr()
	})
}

// everyLinks reports whether a route is of those that the kernel gives every link
// with IPv6, whatever its addresses.
func everyLinks(o object) bool {
	dst := o.addr(unix.RTA_DST)
	return dst.IsLinkLocalUnicast() || dst.IsMulticast()
}

// rules puts enid's own rules back. Those of one priority stand in the order in
// which they were made.
func (b *back) rules(ctx context.Context) error {
	found, err := b.m.objects(ctx, ownRules)
	if err != nil {
		return err
	}
	there := forms(found)
	done := map[string]bool{}
	for _, o := range b.shot.Was {
		level := o.level()
		if o.Type != unix.RTM_NEWRULE || done[level] || !b.returns(o, there) {
			continue
		}
		done[level] = true
		of := func(all []object) []object {
			return slices.DeleteFunc(slices.Clone(all), func(o object) bool { return o.Type != unix.RTM_NEWRULE || o.level() != level })
		}
		remove, add := reorder(of(found), b.target(of(b.shot.Was), of(found)))
		b.remove(remove)
		b.create(add)
	}
	return nil
}

// verify looks whether everything is as it should be.
func (b *back) verify(ctx context.Context) error {
	now, err := b.m.present(ctx, b.shot)
	if err != nil {
		return err
	}
	there, occupied := forms(now), map[string]bool{}
	for _, o := range now {
		occupied[o.place()] = true
		if b.goes(o) {
			b.fail(o, errors.New("it is still there"))
		}
	}
	for _, o := range b.shot.Was {
		switch {
		case !b.returns(o, there) || o.kernels() && (b.isDown(o) || o.Type == unix.RTM_NEWROUTE && !follows(o, now)):
		case occupied[o.place()]:
			b.res.Left = append(b.res.Left, o.named(b.n)+": another program has put its own there")
		case b.creation(o) != nil: // its lifetime has not ended meanwhile
			b.fail(o, errors.New("it is missing"))
		}
	}
	return nil
}

// creation asks for what was enid's own only where its place is free. Others' may
// have shared theirs, and stand behind what is there.
func (b *back) creation(o object) *nl.NetlinkRequest {
	switch {
	case o.ours() || o.Type != unix.RTM_NEWROUTE:
		return o.creation(b.age, unix.NLM_F_EXCL)
	case o.family() == unix.AF_INET:
		return o.creation(b.age, unix.NLM_F_APPEND)
	}
	return o.creation(b.age, 0)
}

func (b *back) fail(o object, why error) {
	if said := b.why[o.form()]; said != nil {
		why = said
	}
	b.res.Failed = append(b.res.Failed, fmt.Sprintf("%s: %v", o.named(b.n), why))
}

// remove takes objects away, in that order.
func (b *back) remove(objects []object) {
	reqs := make([]*nl.NetlinkRequest, len(objects))
	for i, o := range objects {
		reqs[i] = o.removal()
	}
	b.send(objects, reqs)
}

// create makes objects again, and answers those that the kernel refused. One whose
// lifetime has ended meanwhile is not made.
func (b *back) create(objects []object) (refused []object) {
	var reqs []*nl.NetlinkRequest
	var asked []object
	for _, o := range objects {
		if r := b.creation(o); r != nil {
			reqs, asked = append(reqs, r), append(asked, o)
		}
	}
	return b.send(asked, reqs)
}

// send asks for changes. Refusals are no failures yet: what was to go may be gone
// and what was to come may be there, by whatever way. verify tells.
func (b *back) send(objects []object, reqs []*nl.NetlinkRequest) (refused []object) {
	if len(reqs) == 0 {
		return nil
	}
	errs, err := b.m.conn.do(reqs)
	for i, o := range objects {
		why := errors.Join(errs[i], err)
		if why == nil {
			b.res.Changed++
			continue
		}
		b.why[o.form()] = why
		refused = append(refused, o)
	}
	return refused
}

func reversed(objects []object) []object {
	out := slices.Clone(objects)
	slices.Reverse(out)
	return out
}

// isDown reports whether an object is on a link that was taken down.
func (b *back) isDown(o object) bool {
	return slices.ContainsFunc(o.links(), func(index int) bool { return b.down[index] })
}

// onLinks answers the links on which the turn touched addresses.
func (b *back) onLinks() (out []int) {
	out = slices.Clone(b.shot.Whole)
	for _, o := range b.shot.Made {
		if o.Type == unix.RTM_NEWADDR {
			out = append(out, o.links()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
