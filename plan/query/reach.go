package query

import (
	"fmt"
	"slices"

	"enid/schema"
)

// Internet is the name of the end that is no instance.
const Internet = "internet"

// Question asks whether From reaches To.
type Question struct {
	From, To string // NAME, Instance/NAME, or internet (one of the two)
	Protocol string // tcp, udp, icmp, all or ""; with Port "" is tcp
	Port     int    // 1 to 65535; 0: any
}

// asked answers the traffic in question; nil for any at all.
func (a Question) asked() (*Service, services, error) {
	s := Service{Protocol: a.Protocol}
	switch a.Protocol {
	case "", "all", "tcp", "udp", "icmp":
	default:
		return nil, services{}, fmt.Errorf("there is no protocol %q; choose tcp, udp, icmp or all", a.Protocol)
	}
	switch {
	case a.Port < 0 || a.Port > lastPort:
		return nil, services{}, fmt.Errorf("%d is no port; ports are 1 to %d", a.Port, lastPort)
	case a.Port > 0 && (a.Protocol == "icmp" || a.Protocol == "all"):
		return nil, services{}, fmt.Errorf("protocol %s has no ports; a port is of tcp or udp", a.Protocol)
	case a.Port > 0:
		s.Ports = span{int64(a.Port), int64(a.Port)}.String()
		if s.Protocol == "" {
			s.Protocol = "tcp"
		}
	case s.Protocol == "" || s.Protocol == "all":
		return nil, everything, nil
	}
	return &s, servicesOf(s.Protocol, s.Ports), nil
}

// Reach answers whether one end reaches the other over the intranet, or from or
// to the internet. An instance that is not there, or a question that makes no
// sense, is an error.
//
// Traffic to an interface is decided by its groups' ingress rules and by the
// egress rules of the sender's, each by priority, then deny before allow; what
// no rule names is refused on the way in and let out, except that a group in
// common lets all of Alibaba Cloud's in. Rules see an interface's primary
// address. On Alibaba Cloud traffic counts where connections may be made both
// ways, since each side must authorize the other (document A 2.3); AWS lets
// answers back to what was let in (public).
func Reach(t *schema.Topology, ask Question) (*Answer, error) {
	q := &topology{Topology: t}
	named, asked, err := ask.asked()
	if err != nil {
		return nil, err
	}
	a := &Answer{Format: ReachFormat, Asked: named, Open: []Service{}, Pairs: []Pair{}, Changes: []Change{}, Advice: []Advice{}}
	switch {
	case ask.From == ask.To:
		return nil, fmt.Errorf("%s and %s are one: give two ends", ask.From, ask.To)
	case ask.From == Internet || ask.To == Internet:
		err = q.internet(a, ask, asked)
	default:
		err = q.intranet(a, ask, asked)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (q *topology) intranet(a *Answer, ask Question, asked services) error {
	from, err := q.machine(ask.From)
	if err != nil {
		return err
	}
	to, err := q.machine(ask.To)
	if err != nil {
		return err
	}
	if from.Ref == to.Ref {
		return fmt.Errorf("both ends are %s: give two", from)
	}
	a.From, a.To = from.end(), to.end()
	for _, f := range from.interfaces {
		for _, t := range to.interfaces {
			a.Pairs = append(a.Pairs, q.pair(q.way(from, to, f, t), f, t, asked))
		}
	}
	a.conclude(asked)
	q.changes(a, from, to, asked)
	a.Bandwidth = bandwidth(from, to)
	a.advise(from, to)
	return nil
}

func (m *machine) end() End {
	return End{Name: m.String(), Network: m.network(), Account: m.account, Region: m.region, Interfaces: m.interfaces}
}

// pair judges two interfaces.
func (q *topology) pair(w way, from, to Interface, asked services) Pair {
	p := Pair{From: from, To: to, Rule: w.rule, Reason: w.reason, Open: []Service{}, way: w}
	if !w.joined {
		return p
	}
	p.There = q.direction(from, to, w.clouds[0], w.shared != "", asked)
	p.Back = q.direction(to, from, w.clouds[1], w.shared != "", asked)
	p.open = w.counts(p.There.open, p.Back.open)
	p.Open = p.open.list()
	p.Reachable = !p.open.and(asked).empty()
	return p
}

// stateful reports whether what is let in one way is all that counts.
func (w way) stateful() bool { return w.clouds[0] == schema.AWS && w.clouds[1] == schema.AWS }

// counts answers the traffic that counts of what may be made one way and the other.
func (w way) counts(there, back services) services {
	if w.stateful() {
		return there
	}
	return there.and(back)
}

// direction judges connections one way. sender is the cloud of from; shared says
// that a group in common lets in what no rule refuses.
func (q *topology) direction(from, to Interface, sender schema.Provider, shared bool, asked services) *Direction {
	d := &Direction{DecidedBy: []Decision{}}
	d.ingress, d.egress = q.rulings(from, to, sender, shared)
	d.open = allowed(d.ingress).and(allowed(d.egress))
	d.Open = d.open.list()
	for _, r := range d.ingress {
		d.decided(r, "ingress", asked)
	}
	for _, r := range d.egress {
		if r.group != nil || !r.allow {
			d.decided(r, "egress", asked)
		}
	}
	return d
}

// rulings answers how the receiving end's groups and the sending end's decide.
func (q *topology) rulings(from, to Interface, sender schema.Provider, shared bool) (ingress, egress []ruling) {
	return q.judge(to.SecurityGroups, "ingress", from.peer(), shared),
		q.judge(from.SecurityGroups, "egress", to.peer(), q.egressByDefault(sender, from.SecurityGroups))
}

// decided adds a ruling on what was asked.
func (d *Direction) decided(r ruling, direction string, asked services) {
	r.services = r.services.and(asked)
	if r.services.empty() {
		return
	}
	one := Decision{Direction: direction, Allows: r.allow, Services: r.services.list()}
	if r.group != nil {
		rule := r.rule()
		one.Group, one.Path, one.Priority, one.Peer = r.group.String(), r.path(), rule.Priority, peerText(rule.Peer)
		one.Source = sourceOf(r.group, r.path())
	}
	d.DecidedBy = append(d.DecidedBy, one)
}

func peerText(p schema.Peer) string {
	if p.SecurityGroup != "" {
		return "SecurityGroup/" + p.SecurityGroup
	}
	return p.CIDR.String()
}

// conclude sums the pairs up: the answer is yes where it is for any of them.
func (a *Answer) conclude(asked services) {
	var open services
	for _, p := range a.Pairs {
		open = open.or(p.open)
	}
	a.Open = open.and(asked).list()
	best := slices.IndexFunc(a.Pairs, func(p Pair) bool { return p.Reachable })
	a.Reachable = best >= 0
	first := a.Pairs[max(best, 0)]
	a.Rule, a.Reason = first.Rule, first.Reason
	if !a.Reachable && first.There != nil {
		a.Reason += "; their rules refuse it"
	}
}
