package guest

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// Host is what the cloud state says of one machine.
type Host struct {
	Name     string
	Spec     schema.HostSpec
	Instance string
	Type     string // the instance's; empty where the instance is not in the state
	Image    string // an Alibaba instance's; empty: another cloud, or not known
	// TypeQueues is the most queues that an ENI of this type has; 0: not known.
	TypeQueues int
	Classic    bool
	PrimaryMAC string // empty: not known, or predicted
	Net               // of the primary ENI's subnet, IPv4
	IPv6       Net    // and IPv6
	// Boot says that the interfaces are to be known in full (Wanted.NICs), as files for
	// the boot need them; they are where persist is declared.
	Boot    bool
	ENIs    []ENI        // secondary, by device index, then name
	Public  []netip.Addr // public addresses of the whole state, sorted
	Volumes []Volume     // attached, with what the guest makes of them, by name
}

// Net is what one family of addresses of a subnet has: zero values are not known.
type Net struct {
	Subnet, VPC netip.Prefix
	Gateway     netip.Addr // as declared; of IPv4, else the cloud's
	Router      netip.Addr // of IPv6: the cloud's own
}

// ENI is a secondary ENI of a machine, as the cloud has it.
type ENI struct {
	Ref schema.Ref
	// Attached says that the cloud has it at this instance. One that is declared
	// there and not attached yet is waited for.
	Attached    bool
	Phase       schema.Phase
	DeviceIndex int
	MAC         string
	Net         // IPv4
	IPv6        Net
	// Addresses are the primary private address, then the secondary ones, sorted;
	// of both families, as are the prefixes.
	Addresses []netip.Addr
	// Primary is the first of them, the one that DHCP gives; zero: not known.
	Primary   netip.Addr
	Prefixes  []netip.Prefix
	Predicted []string // fields that no cloud has said
	// Guest is what its Host and it say of the guest, defaults filled in; an MTU
	// of 0 is left alone.
	Guest schema.ENIGuest
}

// lookup reads resources from a world.
type lookup struct{ *plan.World }

// Get answers the resource, or nil.
func (l lookup) Get(ref schema.Ref) *schema.Resource {
	r, _ := l.World.Get(ref).(*schema.Resource)
	return r
}

// hosts says which Hosts there are.
func (l lookup) hosts() string {
	var names []string
	l.Each(func(ref plan.Ref, _ plan.Object) {
		if ref.Kind == schema.KindHost {
			names = append(names, ref.Name)
		}
	})
	if len(names) == 0 {
		return "it has none: declare one, and `enid apply` it"
	}
	slices.Sort(names)
	if more := len(names) - 5; more > 0 {
		names = append(names[:5], fmt.Sprintf("%d more", more))
	}
	return "there is " + strings.Join(names, ", ")
}

// Declared answers what the cloud state says of the machine of that Host.
// The error says that there is no such Host.
func Declared(cloud *plan.World, name string) (*Host, error) {
	l := lookup{cloud}
	res := l.Get(schema.Ref{Kind: schema.KindHost, Name: name})
	if res == nil {
		return nil, fmt.Errorf("no Host/%s in the cloud state; %s", name, l.hosts())
	}
	h := newHost(l, res)
	l.gather([]*Host{h})
	return h, nil
}

// DeclaredAll answers the same of every Host, by name, in one pass over the state:
// asking for each costs hosts times resources.
func DeclaredAll(cloud *plan.World) []*Host {
	l := lookup{cloud}
	var hosts []*Host
	cloud.Each(func(ref plan.Ref, o plan.Object) {
		if res, ok := o.(*schema.Resource); ok && ref.Kind == schema.KindHost {
			hosts = append(hosts, newHost(l, res))
		}
	})
	slices.SortFunc(hosts, func(a, b *Host) int { return cmp.Compare(a.Name, b.Name) })
	l.gather(hosts)
	return hosts
}

// newHost answers what its document and its instance say of a Host.
func newHost(l lookup, res *schema.Resource) *Host {
	h := &Host{Name: res.Name, Spec: *res.Spec.(*schema.HostSpec)}
	h.Instance = h.Spec.Instance
	r := &h.Spec.Routing
	r.Mode = cmp.Or(r.Mode, "balanced")
	r.MetricBase = cmp.Or(r.MetricBase, DefaultMetricBase)
	r.TableBase = cmp.Or(r.TableBase, DefaultTableBase)
	r.PriorityBase = cmp.Or(r.PriorityBase, DefaultPriorityBase)
	h.instance(l)
	return h
}

// gather gives Hosts their ENIs and volumes, and all of them the public addresses of
// the state.
func (l lookup) gather(hosts []*Host) {
	of := make(map[string][]*Host, len(hosts)) // by instance
	for _, h := range hosts {
		of[h.Instance] = append(of[h.Instance], h)
	}
	var public []netip.Addr
	l.Each(func(ref plan.Ref, o plan.Object) {
		res, _ := o.(*schema.Resource)
		switch {
		case res == nil:
		case ref.Kind == schema.KindENI || ref.Kind == schema.KindVolume:
			for _, instance := range instancesOf(res) {
				for _, h := range of[instance] {
					h.take(l, res)
				}
			}
		case ref.Kind == schema.KindEIP:
			if s, ok := res.Status.(*schema.EIPStatus); ok && s.Address.IsValid() {
				public = append(public, s.Address)
			}
		case ref.Kind == schema.KindInstance:
			if s, ok := res.Status.(*schema.InstanceStatus); ok && s.PublicIP != nil && s.PublicIP.Address.IsValid() {
				public = append(public, s.PublicIP.Address)
			}
		}
	})
	slices.SortFunc(public, netip.Addr.Compare)
	for _, h := range hosts {
		h.Public = public
		slices.SortFunc(h.Volumes, func(a, b Volume) int { return a.Ref.Compare(b.Ref) })
		slices.SortFunc(h.ENIs, func(a, b ENI) int { return a.Ref.Compare(b.Ref) })
		h.number()
	}
}

// instancesOf answers the instances that an ENI or a volume is attached to or is to
// be, each once.
func instancesOf(res *schema.Resource) (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch spec := res.Spec.(type) {
	case *schema.ENISpec:
		if spec.AttachTo != nil {
			add(spec.AttachTo.Instance)
		}
	case *schema.VolumeSpec:
		for _, a := range spec.AttachTo {
			add(a.Instance)
		}
	}
	switch status := res.Status.(type) {
	case *schema.ENIStatus:
		add(status.Instance)
	case *schema.VolumeStatus:
		for _, a := range status.AttachedTo {
			add(a.Instance)
		}
	}
	return names
}

// take adds an ENI or a volume that is this host's, or is to be.
func (h *Host) take(l lookup, res *schema.Resource) {
	switch res.Kind {
	case schema.KindENI:
		if e, ok := h.eni(l, res); ok {
			h.ENIs = append(h.ENIs, e)
		}
	case schema.KindVolume:
		if v, ok := h.volume(l, res); ok {
			h.Volumes = append(h.Volumes, v)
		}
	}
}

// instance reads what the state says of the host's own instance.
func (h *Host) instance(l lookup) {
	res := l.Get(schema.Ref{Kind: schema.KindInstance, Name: h.Instance})
	if res == nil {
		return
	}
	spec := res.Spec.(*schema.InstanceSpec)
	h.Type, h.Classic, h.PrimaryMAC = spec.Type, spec.NetworkType == schema.NetworkClassic, spec.MAC
	p := schema.ProviderOf(l, res)
	t, _ := tables.Lookup(string(p), spec.Type)
	h.TypeQueues = t.MaxQueues
	if p == schema.Alibaba {
		h.Image = spec.Image
	}
	if s, ok := res.Status.(*schema.InstanceStatus); ok {
		h.PrimaryMAC = cmp.Or(s.MAC, h.PrimaryMAC)
		if slices.Contains(s.Predicted, "mac") {
			h.PrimaryMAC = ""
		}
	}
	h.Net, h.IPv6 = nets(l, res)
}
