package guest

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// asked is what can be asked of a machine that nobody has looked at: a Host without
// what only its machine or the cloud can say.
type asked struct {
	host    *Host
	links   map[schema.Ref]string // the interface of each attached ENI; of none: the primary's
	primary netip.Addr            // the primary ENI's address; zero: not known
	disks   map[schema.Ref]string // the disk of each volume
	born    map[schema.Ref]string // which instance, ENIs and volumes it has
	// unsaid are the notes about what is left out. Where they are the same before and
	// after a change, the change does not bear on it.
	unsaid []note
}

// note is one of what a model leaves out: of an interface, which is named then, or of
// the target itself.
type note struct {
	target     schema.Ref
	rule       string
	what, link string // "queues", eth1
	detail     string
}

// ask answers what can be asked of the machine of a Host.
func ask(cloud *plan.World, of *Host) asked {
	h := *of
	a := asked{host: &h, links: map[schema.Ref]string{{}: "eth0"}, disks: map[schema.Ref]string{}, born: map[schema.Ref]string{}}
	l, instance := lookup{cloud}, schema.Ref{Kind: schema.KindInstance, Name: h.Instance}
	a.born[instance] = born(cloud, instance)
	if res := l.Get(instance); res != nil {
		a.primary = res.Spec.(*schema.InstanceSpec).PrivateIP
		if s, ok := res.Status.(*schema.InstanceStatus); ok {
			a.primary = cmp.Or(s.PrivateIP, a.primary)
		}
	}
	a.steering("eth0", h.Spec.Steering(schema.ENIGuest{}))
	h.ENIs = slices.Clone(h.ENIs)
	taken := map[string]bool{"eth0": true}
	for i := range h.ENIs {
		e := &h.ENIs[i]
		if e.Attached {
			name := "eth" + itoa(e.DeviceIndex)
			for n := len(h.ENIs) + 1; taken[name]; n++ {
				name = "eth" + itoa(n)
			}
			a.links[e.Ref], taken[name] = name, true
			a.born[e.Ref] = born(cloud, e.Ref)
			a.steering(name, e.Guest)
		}
		a.known(l.Get(e.Ref), e)
		e.Guest.RPS, e.Guest.XPS = schema.RPS{Mode: "unmanaged"}, "unmanaged"
		if e.Guest.Queues.Auto {
			e.Guest.Queues = schema.Queues{Unmanaged: true}
		}
	}
	if h.Spec.Steering(schema.ENIGuest{}).Queues.Auto {
		h.Spec.Queues = schema.Queues{Unmanaged: true}
	}
	h.Spec.RPS, h.Spec.XPS = schema.RPS{Mode: "unmanaged"}, "unmanaged"
	for _, v := range h.Volumes {
		a.born[v.Ref] = born(cloud, v.Ref)
	}
	a.volumes()
	return a
}

// known takes from an ENI what a model of enid's has chosen for its cloud, which no
// machine will have, and gives it a MAC where none is known.
func (a *asked) known(res *schema.Resource, e *ENI) {
	spec, _ := res.Spec.(*schema.ENISpec)
	guessed := func(field string) bool { return slices.Contains(e.Predicted, field) }
	if guessed("mac") || e.MAC == "" {
		e.MAC = madeMAC(e.Ref)
	}
	all := len(e.Addresses) + len(e.Prefixes)
	e.Addresses = slices.DeleteFunc(slices.Clone(e.Addresses), func(x netip.Addr) bool {
		if x == e.Primary {
			return guessed("privateIP") && x != spec.PrivateIP
		}
		return guessed("secondaryIPs") && !slices.Contains(spec.SecondaryIPs, x)
	})
	if guessed("privateIP") && e.Primary != spec.PrivateIP {
		e.Primary = netip.Addr{}
	}
	if guessed("prefixes") {
		e.Prefixes = slices.DeleteFunc(slices.Clone(e.Prefixes), func(p netip.Prefix) bool { return !slices.Contains(spec.Prefixes, p) })
	}
	e.Predicted = nil
	if n := all - len(e.Addresses) - len(e.Prefixes); e.Attached && (n > 0 || !e.Primary.IsValid()) {
		what, is := "an address", "is"
		if n > 1 {
			what, is = fmt.Sprintf("%d addresses and prefixes", n), "are"
		}
		a.leave(e.Ref, RuleVerify, "%s of it %s chosen by the cloud, and %s configured on %s, with routes and rules, once the cloud has said so", what, is, is, a.links[e.Ref])
	}
}

// steering notes what an interface is asked for that depends on the machine's CPUs and
// on its driver.
func (a *asked) steering(link string, g schema.ENIGuest) {
	add := func(rule, what, format string, args ...any) {
		host := schema.Ref{Kind: schema.KindHost, Name: a.host.Name}
		a.unsaid = append(a.unsaid, note{host, rule, what, link, fmt.Sprintf(format, args...)})
	}
	if g.Queues.Auto {
		most := "the driver's maximum"
		if n := a.host.TypeQueues; n > 0 {
			most = fmt.Sprintf("%d (the maximum of %s)", n, a.host.Type)
		}
		add(RuleMaximum, "queues", "auto, which is up to %s or as many as the machine has CPUs, if that is fewer", most)
	}
	if managed(g.RPS) {
		mode := g.RPS.Mode
		if mode == "mask" {
			mode = "mask " + g.RPS.Mask
		}
		add(RuleRPS, "RPS", "%s, on each receive queue, trimmed to the machine's CPUs", mode)
	}
	if g.XPS == "auto" || g.XPS == "off" {
		add(RuleXPS, "XPS", "%s, over the send queues and the machine's CPUs", g.XPS)
	}
	if n := a.host.Spec.RFS.Entries; n > 0 {
		add(RuleRFS, "RFS", "%d flows in all, divided by the receive queues", roundUp(n))
	}
}

func (a *asked) leave(of schema.Ref, rule, format string, args ...any) {
	a.unsaid = append(a.unsaid, note{target: of, rule: rule, detail: fmt.Sprintf(format, args...)})
}

// notes answers as advice what is left out now and was not before: the same of several
// interfaces in one.
func (a asked) notes(before asked) (out []plan.Advice) {
	var fresh []note
	links := map[note][]string{}
	for _, x := range a.unsaid {
		if slices.Contains(before.unsaid, x) {
			continue
		}
		same := x
		same.link = ""
		if links[same] == nil {
			fresh = append(fresh, same)
		}
		links[same] = append(links[same], x.link)
	}
	for _, x := range fresh {
		if x.what != "" {
			x.detail = x.what + " of " + strings.Join(links[x], ", ") + ": " + x.detail
		}
		out = append(out, plan.Advice{Rule: x.rule, Target: x.target, Detail: x.detail})
	}
	return out
}
