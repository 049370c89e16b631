package guest

import (
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// Wanted is what the cloud state asks of a machine.
type Wanted struct {
	Host *Host
	// World is the wanted world: what is foreign as it was observed, what is
	// enid's as it should be.
	World *plan.World
	// Blocked is what cannot even be wanted yet, by ENI.
	Blocked []Blocked
	// Waiting are the MACs of attached ENIs whose NIC is not there yet, the volumes
	// whose disk is not, and the disks that have not grown yet, sorted.
	Waiting []string
	// Asking are the interfaces on which a DHCP server was asked and none has
	// answered yet, in the ENIs' order.
	Asking []string
	// Advice are warnings; they stop nothing.
	Advice []plan.Advice
	// NICs are those of the ENIs that are configured, as they should be, by
	// device index.
	NICs []NIC
	// Primary is the interface that carries main's lowest-metric default route;
	// empty: there is none.
	Primary string
}

// Blocked is something that is not wanted of the kernel because of a rule.
type Blocked struct {
	ENI       schema.Ref // or the Host
	Operation string     // the first step that would have been
	Target    string     // the interface; the MAC where there is none
	plan.Block
}

// Want derives what the machine of that Host should be like from the cloud state
// and from what was observed of it. Values that enid's own model chose
// (status.predicted) are never wanted. The error says that there is no such Host.
func Want(cloud *plan.World, host string, observed *plan.World) (*Wanted, error) {
	h, err := Declared(cloud, host)
	if err != nil {
		return nil, err
	}
	return h.Want(observed), nil
}

// wanting is a Wanted in the making.
type wanting struct {
	*Wanted
	h        *Host
	observed *plan.World
	machine  Machine
	links    []Link
	tables   map[int]schema.Ref
	metrics  map[int]schema.Ref
}

// Want is the second half of the function of that name.
func (h *Host) Want(observed *plan.World) *Wanted {
	w := &wanting{h: h, observed: observed, tables: map[int]schema.Ref{}, metrics: map[int]schema.Ref{},
		Wanted: &Wanted{Host: h, World: plan.NewWorld(index, 64), Primary: Primary(observed)}}
	w.machine, _ = observed.Get(MachineRef).(Machine)
	for _, ref := range observed.Refs() {
		w.keep(ref, observed.Get(ref))
	}
	for _, e := range h.ENIs {
		w.eni(e)
	}
	w.primary()
	if h.Boot || h.persists() {
		w.complete()
	}
	w.serving()
	w.files()
	w.services()
	w.volumes()
	slices.Sort(w.Waiting)
	return w.Wanted
}

// keep wants an observed object as it is, unless enid would be asked for it: what
// is enid's and still needed is put again.
func (w *wanting) keep(ref plan.Ref, o plan.Object) {
	switch o := o.(type) {
	case Link:
		w.links = append(w.links, o)
	case Address:
		if o.Ours {
			return
		}
	case Route:
		if o.Ours() {
			return
		}
	case Rule:
		if o.Ours() {
			return
		}
	case File:
		if o.Ours {
			return
		}
	case Channels, Steering, SocketFlows, Service, Sysctl, Lease:
		return
	}
	w.World.Put(ref, o)
}

// Primary answers the interface of main's lowest-metric default route that enid
// did not make, or "": the IPv4 one's, else the IPv6 one's.
func Primary(observed *plan.World) string {
	for _, v6 := range []bool{false, true} {
		if r, ok := active(plan.NewView(observed, nil, time.Time{}), v6); ok {
			return r.Link
		}
	}
	return ""
}

// active answers the primary's default route of a family: of those in main that
// enid did not make, the one that the kernel takes.
func active(v *plan.View, v6 bool) (best Route, ok bool) {
	for _, ref := range v.Members(mainDefaults(v6)) {
		r := v.Get(ref).(Route)
		if !ok || r.Metric < best.Metric || r.Metric == best.Metric && r.Nth < best.Nth {
			best, ok = r, true
		}
	}
	return best, ok
}

// block notes that something of e is not wanted because of a rule.
func (w *wanting) block(of schema.Ref, op, target, rule, detail, remedy string) {
	w.Blocked = append(w.Blocked, Blocked{ENI: of, Operation: op, Target: target,
		Block: plan.Block{Rule: rule, Detail: detail, Remedy: remedy}})
}

func (w *wanting) advise(of schema.Ref, rule, detail string) {
	w.Advice = append(w.Advice, plan.Advice{Rule: rule, Target: of, Detail: detail})
}

// host answers the Host, as what something is said of.
func (w *wanting) host() schema.Ref { return schema.Ref{Kind: schema.KindHost, Name: w.h.Name} }

// services says what a Host asks for beyond interfaces.
func (w *wanting) services() {
	w.irqbalance()
	w.socketFlows()
	if w.machine.Networkd {
		w.advise(w.host(), RuleForeignRule, "systemd-networkd removes other programs' routes or rules when it reloads; "+
			"`enid host doctor` prints the drop-in of networkd.conf that ends it")
	}
}
