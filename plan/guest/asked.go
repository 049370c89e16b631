package guest

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// asked is what can be asked of a machine that nobody has looked at: a Host without
// what only its machine or the cloud can say.
type asked struct {
	host    *Host
	links   map[schema.Ref]string // the interface of each attached ENI; of none: the primary's
	primary netip.Addr            // the primary ENI's address; zero: not known
	born    map[schema.Ref]string // which instance and which ENIs it has
	// unsaid are the notes about what is left out. Where they are the same before and
	// after a change, the change does not bear on it.
	unsaid []plan.Advice
}

// ask answers what can be asked of the machine of a Host.
func ask(cloud *plan.World, of *Host) asked {
	h := *of
	a := asked{host: &h, links: map[schema.Ref]string{{}: "eth0"}, born: map[schema.Ref]string{}}
	l, instance := lookup{cloud}, schema.Ref{Kind: schema.KindInstance, Name: h.Instance}
	a.born[instance] = born(cloud, instance)
	if res := l.Get(instance); res != nil {
		a.primary = res.Spec.(*schema.InstanceSpec).PrivateIP
		if s, ok := res.Status.(*schema.InstanceStatus); ok {
			a.primary = cmp.Or(s.PrivateIP, a.primary)
		}
	}
	a.steering(instance, "eth0", schema.ENIGuest{Queues: h.queues(schema.Queues{}), RPS: h.rps(schema.RPS{}), XPS: h.xps("")})
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
			a.steering(e.Ref, name, e.Guest)
		}
		a.known(l.Get(e.Ref), e)
		e.Guest.RPS, e.Guest.XPS = schema.RPS{Mode: "unmanaged"}, "unmanaged"
		if e.Guest.Queues.Auto {
			e.Guest.Queues = schema.Queues{Unmanaged: true}
		}
	}
	if h.queues(schema.Queues{}).Auto {
		h.Spec.Queues = schema.Queues{Unmanaged: true}
	}
	h.Spec.RPS, h.Spec.XPS = schema.RPS{Mode: "unmanaged"}, "unmanaged"
	for _, v := range h.Volumes {
		a.leave(v.Ref, RuleGrowGuest, "what is on it grows to %s with it: which disk, partition and file system that is, its machine says", size(v.Size))
	}
	h.Volumes = nil
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
		what := "an address of it is"
		if n > 1 {
			what = fmt.Sprintf("%d addresses and prefixes of it are", n)
		}
		a.leave(e.Ref, RuleVerify, "%s chosen by the cloud: %s, with routes and rules for it, is configured on %s once it is known (routing %s, table %d)",
			what, map[bool]string{true: "each", false: "it"}[n > 1], a.links[e.Ref], a.host.Spec.Routing.Mode, e.Guest.Table)
	}
}

// steering notes what an interface is asked for that depends on the machine's CPUs and
// on its driver.
func (a *asked) steering(of schema.Ref, link string, g schema.ENIGuest) {
	if g.Queues.Auto {
		most := "the driver's maximum"
		if n := a.host.TypeQueues; n > 0 {
			most = fmt.Sprintf("%d (the maximum of %s)", n, a.host.Type)
		}
		a.leave(of, RuleMaximum, "queues of %s: auto, which is up to %s or as many as the machine has CPUs, if that is fewer", link, most)
	}
	if managed(g.RPS) {
		mode := g.RPS.Mode
		if mode == "mask" {
			mode = "mask " + g.RPS.Mask
		}
		a.leave(of, RuleRPS, "RPS of %s: %s, on each of its receive queues, trimmed to the machine's CPUs", link, mode)
	}
	if g.XPS == "auto" || g.XPS == "off" {
		a.leave(of, RuleXPS, "XPS of %s: %s, over the machine's CPUs and its send queues", link, g.XPS)
	}
	if n := a.host.Spec.RFS.Entries; n > 0 {
		a.leave(of, RuleRFS, "RFS of %s: %d flows in all, divided by its receive queues", link, roundUp(n))
	}
}

func (a *asked) leave(of schema.Ref, rule, format string, args ...any) {
	a.unsaid = append(a.unsaid, plan.Advice{Rule: rule, Target: of, Detail: fmt.Sprintf(format, args...)})
}
