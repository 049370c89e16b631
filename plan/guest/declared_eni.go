package guest

import (
	"cmp"
	"net/netip"
	"slices"

	"enid/schema"
)

// eni reads one ENI; ok where it is this host's, or is to be.
func (h *Host) eni(l lookup, res *schema.Resource) (e ENI, ok bool) {
	spec := res.Spec.(*schema.ENISpec)
	status, seen := res.Status.(*schema.ENIStatus)
	if !seen {
		status = asApplied(spec)
	}
	declared := spec.AttachTo != nil && spec.AttachTo.Instance == h.Instance
	if status.Instance != h.Instance && !declared || h.Instance == "" {
		return e, false
	}
	e = ENI{Ref: res.Ref, Phase: status.Phase, DeviceIndex: status.DeviceIndex, MAC: status.MAC,
		Prefixes: status.Prefixes, Predicted: status.Predicted}
	e.Attached = status.Instance == h.Instance && (status.Phase == schema.PhaseInUse || status.Phase == "")
	if e.DeviceIndex == 0 && declared {
		e.DeviceIndex = spec.AttachTo.DeviceIndex
	}
	secondary := slices.Clone(status.SecondaryIPs)
	slices.SortFunc(secondary, netip.Addr.Compare)
	if status.PrivateIP.IsValid() {
		e.Primary = status.PrivateIP
		e.Addresses = append(e.Addresses, status.PrivateIP)
	}
	e.Addresses = append(e.Addresses, secondary...)
	e.Net, e.IPv6 = nets(l, res)
	if spec.Guest != nil {
		e.Guest = *spec.Guest
	}
	return e, true
}

// nets answers what the subnet and the VPC of an ENI or an instance are.
func nets(l lookup, res *schema.Resource) (v4, v6 Net) {
	if subnet := schema.SubnetOf(l, res); subnet != nil {
		s := subnet.Spec.(*schema.SubnetSpec)
		v4.Subnet, v4.Gateway = s.CIDR, schema.Gateway(schema.ProviderOf(l, res), s)
		v6.Subnet, v6.Gateway, v6.Router = s.IPv6CIDR, s.IPv6Gateway, schema.GatewayIPv6(schema.ProviderOf(l, res), s)
	}
	if vpc := schema.VPCOf(l, res); vpc != nil {
		s := vpc.Spec.(*schema.VPCSpec)
		v4.VPC, v6.VPC = s.CIDR, s.IPv6CIDR
	}
	return v4, v6
}

// asApplied answers the status of an ENI that nobody has observed: the world is
// made of files, and what they declare is taken as done.
func asApplied(spec *schema.ENISpec) *schema.ENIStatus {
	s := &schema.ENIStatus{MAC: spec.MAC, PrivateIP: spec.PrivateIP, SecondaryIPs: spec.SecondaryIPs,
		Prefixes: spec.Prefixes, Phase: schema.PhaseAvailable}
	if spec.AttachTo != nil {
		s.Phase, s.Instance, s.DeviceIndex = schema.PhaseInUse, spec.AttachTo.Instance, spec.AttachTo.DeviceIndex
	}
	return s
}

// number gives an attached ENI without a device index the lowest free one from 1,
// in order of names, as the cloud would; then it sorts the ENIs and fills in what
// depends on the index.
func (h *Host) number() {
	taken := map[int]bool{}
	for _, e := range h.ENIs {
		taken[e.DeviceIndex] = true
	}
	next := 1
	for i := range h.ENIs {
		e := &h.ENIs[i]
		for e.DeviceIndex == 0 && taken[next] {
			next++
		}
		if e.DeviceIndex == 0 {
			e.DeviceIndex, taken[next] = next, true
		}
		e.Guest = h.guest(e.Guest, e.DeviceIndex)
	}
	slices.SortFunc(h.ENIs, func(a, b ENI) int {
		return cmp.Or(cmp.Compare(a.DeviceIndex, b.DeviceIndex), a.Ref.Compare(b.Ref))
	})
}

// guest answers what holds for one ENI: its own word, else its Host's, else the
// default. The table's number is the metric unless one of them is declared
// otherwise (document A 4.4.6).
func (h *Host) guest(g schema.ENIGuest, index int) schema.ENIGuest {
	r := h.Spec.Routing
	g.Addressing = cmp.Or(g.Addressing, h.Spec.Addressing, "static")
	if g.Table == 0 && g.Metric != 0 && r.TableBase == r.MetricBase {
		g.Table = g.Metric
	}
	g.Table = cmp.Or(g.Table, r.TableBase+index-1)
	g.Metric = cmp.Or(g.Metric, r.MetricBase+index-1)
	return h.Spec.Steering(g)
}

// public reports whether an address is one of the state's public ones.
func (h *Host) public(a netip.Addr) bool {
	_, found := slices.BinarySearchFunc(h.Public, a, netip.Addr.Compare)
	return found
}
