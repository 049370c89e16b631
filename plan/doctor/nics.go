package doctor

import (
	"fmt"
	"net/netip"
	"strings"

	"enid/plan/guest"
)

// nic is an interface that matters to enid.
type nic struct {
	guest.Link
	eni *guest.ENI // nil: no Host was named, or it is the primary
}

// mac answers the MAC by which others' settings name the NIC.
func (n nic) mac() string {
	if n.PermMAC != "" {
		return n.PermMAC
	}
	return n.MAC
}

// secondary answers the NICs of the Host's secondary ENIs; where no Host was named,
// all NICs but the primary.
func (s *Seen) secondary() (out []nic) {
	links := s.links()
	if s.Wanted == nil {
		primary := guest.Primary(s.World)
		for _, l := range links {
			if l.Kind == "" && l.MAC != "" && l.Name != "lo" && l.Name != primary && l.Master == "" {
				out = append(out, nic{Link: l})
			}
		}
		return out
	}
	for i := range s.Wanted.Host.ENIs {
		e := &s.Wanted.Host.ENIs[i]
		if found := guest.ByMAC(links, e.MAC); e.MAC != "" && len(found) == 1 && found[0].Name != s.Wanted.Primary {
			out = append(out, nic{found[0], e})
		}
	}
	return out
}

// NICs answers the names of the interfaces that matter: the primary and the
// secondary ones.
func (s *Seen) NICs() (out []string) {
	if primary := guest.Primary(s.World); primary != "" {
		out = append(out, primary)
	}
	for _, n := range s.secondary() {
		out = append(out, n.Name)
	}
	return out
}

func (s *Seen) links() (out []guest.Link) {
	for _, ref := range s.World.Refs() {
		if l, ok := s.World.Get(ref).(guest.Link); ok {
			out = append(out, l)
		}
	}
	return out
}

// nicChecks judge the NICs themselves and the primary's default route.
var nicChecks = []Check{
	{Name: "nic.same-mac", Finds: "Several NICs have the MAC of one ENI.", Judge: sameMAC},
	{Name: "primary.no-default-route", Finds: "The main table has no default route but enid's own.", Judge: noDefault},
	{Name: "primary.metric", Finds: "The primary's default route has a metric that those of the ENIs would win over.", Judge: primaryMetric},
}

func sameMAC(s *Seen) (out []Finding) {
	if s.Wanted == nil {
		return nil
	}
	for _, e := range s.Wanted.Host.ENIs {
		found := guest.ByMAC(s.links(), e.MAC)
		if e.MAC == "" || len(found) < 2 {
			continue
		}
		f := Finding{Severity: Error, Why: fmt.Sprintf("enid finds the NIC of %s by its MAC and does not guess between several: none of them is configured", e.Ref),
			Remedy: []string{"give all but one of them another MAC: ip link set dev " + found[1].Name + " address ..."}}
		for _, l := range found {
			f.Seen = append(f.Seen, fmt.Sprintf("%s has the MAC %s", l.Name, e.MAC))
		}
		out = append(out, f)
	}
	return out
}

func noDefault(s *Seen) []Finding {
	if guest.Primary(s.World) != "" {
		return nil
	}
	return []Finding{{Severity: Warning, Seen: []string{"the main table has no default route but enid's own"},
		Why:    "the primary ENI is told by main's lowest-metric default route: without one traffic without a rule leaves by a secondary ENI, and an ENI that declares the primary's MAC is not noticed",
		Remedy: []string{"have the primary's DHCP client take its default route, or: ip route add default via GATEWAY dev NIC"}}}
}

// primaryMetric: the primary's default route has to win over those of the ENIs.
func primaryMetric(s *Seen) []Finding {
	if s.Wanted == nil {
		return nil
	}
	base := s.Wanted.Host.Spec.Routing.MetricBase
	best, ok := guest.Route{}, false
	for _, ref := range s.World.Refs() {
		r, is := s.World.Get(ref).(guest.Route)
		if is && !r.Ours() && r.Table == guest.TableMain && r.Default() && r.Dst.Addr().Is4() && (!ok || r.Metric < best.Metric) {
			best, ok = r, true
		}
	}
	if !ok || best.Metric < uint32(base) {
		return nil
	}
	return []Finding{{Severity: Error, Interface: best.Link, Seen: []string{fmt.Sprintf("ip route: %s", best)},
		Why: fmt.Sprintf("the default routes of secondary ENIs have metrics from %d up, and would win over the primary's: they are blocked by host.keep-default-route", base),
		Remedy: []string{fmt.Sprintf("declare in Host/%s: spec.routing.metricBase: %d", s.Wanted.Host.Name, best.Metric+1),
			"or lower the metric of the primary's (RouteMetric= of its .network file, route-metric of netplan, ipv4.route-metric of NetworkManager)"}}}
}

// subnets answers the IPv4 subnets of the interfaces that matter: as declared, and
// as their addresses say.
func (s *Seen) subnets() map[string][]netip.Prefix {
	out := map[string][]netip.Prefix{}
	primary := guest.Primary(s.World)
	if s.Wanted != nil && primary != "" && s.Wanted.Host.Subnet.IsValid() {
		out[primary] = append(out[primary], s.Wanted.Host.Subnet)
	}
	for _, n := range s.secondary() {
		if n.eni != nil && n.eni.Subnet.IsValid() {
			out[n.Name] = append(out[n.Name], n.eni.Subnet)
		}
	}
	names := " " + strings.Join(s.NICs(), " ") + " "
	for _, ref := range s.World.Refs() {
		if a, ok := s.World.Get(ref).(guest.Address); ok && a.Prefix.Addr().Is4() && a.Prefix.Bits() < 32 && strings.Contains(names, " "+a.Link+" ") {
			out[a.Link] = append(out[a.Link], a.Prefix.Masked())
		}
	}
	return out
}
