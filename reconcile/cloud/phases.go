package cloud

import (
	"net/netip"
	"slices"
	"time"

	"enid/schema"
)

// underway is when the phases end that are under way. A transitional phase that
// is not among them stays.
type underway struct{ due map[schema.Ref]time.Time }

// begin lets the resource's phase end at the given time, where it is transitional.
func (d *Driver) begin(r *schema.Resource, due time.Time) {
	if isTransitional(r) {
		d.due[r.Ref] = due
	} else {
		delete(d.due, r.Ref)
	}
}

// resume lets a phase of the state end, where phases take time here.
func (d *Driver) resume(r *schema.Resource) {
	if _, known := d.due[r.Ref]; !known && d.options.Settle > 0 || !isTransitional(r) {
		d.begin(r, d.options.Now().Add(d.options.Settle))
	}
}

// answer answers what an edit changed, and when the next phase ends.
func (d *Driver) answer(e *edit) Changes {
	c := e.changes()
	c.Next = d.next()
	return c
}

// next answers when the next phase ends by itself, zero where none is under way.
func (d *Driver) next() (next time.Time) {
	for _, due := range d.due {
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next
}

// settle ends the phases whose time has come.
func (d *Driver) settle(now time.Time) Changes {
	var over []schema.Ref
	for ref, due := range d.due {
		if !due.After(now) {
			over = append(over, ref)
		}
	}
	slices.SortFunc(over, schema.Ref.Compare)
	e := &edit{memory: d.memory}
	for _, ref := range over {
		delete(d.due, ref)
		if r := e.now(ref); r != nil {
			e.provider = schema.ProviderOf(d.memory, r)
			end(e, r)
		}
	}
	for _, c := range e.staged {
		if c.now == nil {
			d.memory.delete(c.ref)
			delete(d.due, c.ref)
		} else {
			d.memory.put(c.now)
		}
	}
	return d.answer(e)
}

func isTransitional(r *schema.Resource) bool {
	switch s := r.Status.(type) {
	case *schema.InstanceStatus:
		return s.Phase.Transitional()
	case *schema.ENIStatus:
		return s.Phase.Transitional()
	case *schema.EIPStatus:
		return s.Phase.Transitional()
	case *schema.VolumeStatus:
		return s.Phase.Transitional()
	}
	return false
}

// end stages what comes of a resource when its transitional phase is over.
func end(e *edit, r *schema.Resource) {
	switch r.Kind {
	case schema.KindInstance:
		endInstance(e, instanceOf(r))
	case schema.KindENI:
		n := eniOf(r)
		switch n.status.Phase {
		case schema.PhaseCreating:
			n.status.Phase = schema.PhaseAvailable
		case schema.PhaseAttaching:
			n.status.Phase = schema.PhaseInUse
		case schema.PhaseDetaching:
			n.leave()
		}
		e.setENI(n)
	case schema.KindEIP:
		p := eipOf(r)
		switch p.status.Phase {
		case schema.PhaseAssociating:
			p.status.Phase = schema.PhaseInUse
		case schema.PhaseUnassociating:
			p.leave()
		}
		e.setEIP(p)
	case schema.KindVolume:
		v := volumeOf(r)
		switch v.status.Phase {
		case schema.PhaseCreating, schema.PhaseAttaching:
			v.status.Phase = v.rest()
		case schema.PhaseDetaching:
			v.leave()
		}
		e.setVolume(v)
	}
}

func endInstance(e *edit, i instance) {
	switch i.status.Phase {
	case schema.PhasePending:
		i.status.Phase = schema.PhaseRunning
		if i.status.PendingPrivateIP.IsValid() { // document A 3.1: at the next start
			i.status.PrivateIP, i.status.PendingPrivateIP = i.status.PendingPrivateIP, netip.Addr{}
		}
	case schema.PhaseStopping:
		i.status.Phase = schema.PhaseStopped
	case schema.PhaseShuttingDown:
		terminate(e, i.ref)
		return
	}
	e.setInstance(i)
}

// terminate stages what goes with an instance: on Alibaba Cloud the ENIs that
// are still attached; on AWS they are left available. EIPs stay, unbound;
// volumes go or stay as each says; no target group and no VPC keeps it.
func terminate(e *edit, ref schema.Ref) {
	for _, on := range slices.Clone(e.attached[ref.Name]) {
		if e.provider != schema.AWS {
			e.unbindAll(on)
			for _, mirror := range slices.Clone(e.linked[link{schema.KindTrafficMirror, on}]) {
				e.remove(mirror)
			}
			e.remove(on)
			continue
		}
		n := eniOf(e.now(on))
		n.leave()
		e.setENI(n)
	}
	e.unbindAll(ref)
	for _, on := range slices.Clone(e.linked[link{schema.KindVolume, ref}]) {
		if v, stays := volumeOf(e.now(on)).loseInstance(ref.Name); stays {
			e.setVolume(v)
		} else {
			e.remove(on)
		}
	}
	for _, on := range slices.Clone(e.linked[link{schema.KindTargetGroup, ref}]) {
		g := e.targetGroupOf(e.now(on))
		g.lose(ref.Name)
		e.setTargetGroup(g)
	}
	for _, on := range slices.Clone(e.linked[link{schema.KindClassicLink, ref}]) {
		e.remove(on)
	}
	e.remove(ref)
}

// leave is the end of a detachment.
func (n *eni) leave() {
	n.spec.AttachTo = nil
	n.status.Phase, n.status.Instance, n.status.DeviceIndex = schema.PhaseAvailable, "", 0
}

// leave is the end of a binding.
func (p *eip) leave() {
	p.spec.BindTo = nil
	p.status.Phase, p.status.BoundTo = schema.PhaseAvailable, nil
}

// unbindAll stages that every EIP bound to a resource is bound no more.
func (e *edit) unbindAll(ref schema.Ref) {
	for _, on := range slices.Clone(e.bound[ref]) {
		if r := e.now(on); r != nil {
			p := eipOf(r)
			p.leave()
			e.setEIP(p)
		}
	}
}
