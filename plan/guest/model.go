package guest

import (
	"fmt"
	"net/netip"
	"time"

	"enid/plan"
	"enid/schema"
)

// Model answers the machine of that Host as it is once it has converged to what the
// cloud's world says, for who has no machine to look at: bare, then folded through
// the host's own operations until nothing more runs. What cannot be known from there
// is left out of it, or assumed as bare says. The error says that there is no such
// Host, or that the plan is not sound.
func Model(cloud *plan.World, host string) (*plan.World, error) {
	h, err := Declared(cloud, host)
	if err != nil {
		return nil, err
	}
	m, err := settled(cloud, h, time.Time{})
	if err != nil {
		return nil, err
	}
	return m.world, nil
}

// model is a machine that nobody looked at, once it is at rest.
type model struct {
	asked
	world  *plan.World
	wanted *plan.World
	told   map[string]bool // what stays blocked and what was advised on the way, in words
}

// settled answers the model of a Host's machine.
func settled(cloud *plan.World, h *Host, at time.Time) (*model, error) {
	a := ask(cloud, h)
	m := &model{asked: a, told: map[string]bool{}}
	u := unfolding{asked: a, world: World(a.bare()), at: at}
	if err := u.run(); err != nil {
		return nil, err
	}
	m.world, m.wanted = u.world, u.wanted.World
	for _, s := range u.blocked {
		m.told[wordsOf(s)] = true
	}
	for _, x := range u.advice {
		m.told[fmt.Sprint(x)] = true
	}
	return m, nil
}

// unfolding is the loop of a machine on its model: plan, check the plan, fold its
// steps, have the DHCP servers answer, and look again.
type unfolding struct {
	asked
	world  *plan.World
	at     time.Time
	wanted *Wanted // of the last look

	steps   []done
	blocked []*plan.HostStep // of the last look: nothing serves them any more
	advice  []plan.Advice    // of all looks, each once
}

// done is a step that was folded, and what it was done to.
type done struct {
	*plan.HostStep
	of plan.Ref
}

// looks is after how many of them a machine has to be at rest. One leases, the next
// configures what was leased; a third finds nothing to do.
const looks = 4

func (u *unfolding) run() error {
	noted := map[plan.Advice]bool{}
	for range looks {
		u.wanted = u.host.Want(u.world)
		p, err := plan.Make(domain, u.world, u.wanted.World, u.at, plan.Options{})
		if err != nil {
			return fmt.Errorf("the machine of Host/%s: %w", u.host.Name, err)
		}
		if err := plan.Check(domain, p, u.world, u.wanted.World, u.at, plan.Options{}); err != nil {
			return fmt.Errorf("the machine of Host/%s: %w", u.host.Name, err)
		}
		for _, a := range u.wanted.Advise(p, u.world) {
			if !noted[a] {
				noted[a], u.advice = true, append(u.advice, a)
			}
		}
		ready := p.Runnable()
		u.blocked = u.wanted.Steps(p, u.world).Steps[len(ready):]
		next := u.world.Fork()
		for _, s := range ready {
			u.steps = append(u.steps, done{u.wanted.Step(s, u.world), s.Target})
			plan.Apply(domain, s, next, u.wanted.World, u.at)
		}
		u.world = next.Flatten()
		if len(ready) == 0 {
			return nil
		}
		u.lease()
	}
	return fmt.Errorf("the model of Host/%s is not at rest after %d looks: a defect of enid", u.host.Name, looks)
}

// lease has a server grant what each client asks for, for ever: how long, only the
// server knows.
func (u *unfolding) lease() {
	for _, e := range u.host.ENIs {
		l, asks := u.world.Get(LeaseRef(u.links[e.Ref])).(Lease)
		if asks && l.For == e.Primary && !l.Address.IsValid() {
			l.Address = netip.PrefixFrom(l.For, e.Net.Subnet.Bits())
			u.world.Put(l.Ref(), l)
		}
	}
}

// wordsOf answers a blocked step in words, without its number.
func wordsOf(s *plan.HostStep) string {
	return fmt.Sprint(s.Operation, " ", s.Target, " ", s.Command, " ", s.BlockedBy)
}

// born says which one of its name a resource is: one that is replaced has another id,
// or was made at another time.
func born(cloud *plan.World, ref schema.Ref) string {
	r, _ := cloud.Get(ref).(*schema.Resource)
	if r == nil {
		return ""
	}
	s, ok := r.Status.(interface{ Common() *schema.CommonStatus })
	if !ok {
		return ""
	}
	c := s.Common()
	return c.ID + " " + fmt.Sprint(c.CreatedAt)
}
