package schema

import "strings"

// Lookup answers resources by reference: a Topology, or a planner's world.
type Lookup interface {
	// Get answers the resource, or nil.
	Get(Ref) *Resource
}

// place is what a spec says of where its resource is. What it leaves empty, the
// resource that up names says.
type place struct {
	account, region, zone string
	up                    Ref
}

// placed is a spec that is somewhere: in an account, a region, perhaps a zone.
type placed interface{ place() place }

func (s *VPCSpec) place() place {
	return place{account: s.Account, region: s.Region}
}

func (s *SubnetSpec) place() place {
	return place{zone: s.Zone, up: ref(KindVPC, s.VPC)}
}

func (s *SecurityGroupSpec) place() place {
	return place{account: s.Account, region: s.Region, up: ref(KindVPC, s.VPC)}
}

func (s *InstanceSpec) place() place {
	return place{account: s.Account, region: s.Region, zone: s.Zone, up: ref(KindSubnet, s.Subnet)}
}

func (s *ENISpec) place() place { return place{up: ref(KindSubnet, s.Subnet)} }

func (s *EIPSpec) place() place { return place{account: s.Account, region: s.Region} }

func (s *HostSpec) place() place { return place{up: ref(KindInstance, s.Instance)} }

// ref answers the reference, or the zero one where name is empty.
func ref(kind Kind, name string) Ref {
	if name == "" {
		return Ref{}
	}
	return Ref{kind, name}
}

// climb calls see for r's place and each one above it, until see answers true.
// References form no cycle: each leads to a kind nearer to the account.
func climb(l Lookup, r *Resource, see func(*Resource, place) bool) {
	for r != nil {
		p, ok := r.Spec.(placed)
		if !ok {
			return
		}
		at := p.place()
		if see(r, at) || at.up.IsZero() {
			return
		}
		r = l.Get(at.up)
	}
}

// AccountOf answers the name of r's account, r's own for an Account, "" where
// it is not known.
func AccountOf(l Lookup, r *Resource) (name string) {
	if r != nil && r.Kind == KindAccount {
		return r.Name
	}
	climb(l, r, func(_ *Resource, at place) bool { name = at.account; return name != "" })
	return name
}

// ProviderOf answers the cloud that r is in, "" where it is not known.
func ProviderOf(l Lookup, r *Resource) Provider {
	name := AccountOf(l, r)
	if name == "" {
		return ""
	}
	if a := l.Get(Ref{KindAccount, name}); a != nil {
		if spec, ok := a.Spec.(*AccountSpec); ok {
			return spec.Provider
		}
	}
	return ""
}

// RegionOf answers r's region, "" where it is not known.
func RegionOf(l Lookup, r *Resource) (region string) {
	climb(l, r, func(_ *Resource, at place) bool {
		if region = at.region; region == "" && at.up.IsZero() {
			region = regionOfZone(at.zone)
		}
		return region != ""
	})
	return region
}

// regionOfZone answers the region that a zone's name begins with: its words up
// to the first number (eu-west-1b, us-west-2-lax-1a), or up to the last dash
// (cn-hangzhou-b). public.
func regionOfZone(zone string) string {
	if i := strings.IndexAny(zone, "0123456789"); i > 0 && zone[i-1] == '-' {
		end := i + len(zone[i:]) - len(strings.TrimLeft(zone[i:], "0123456789"))
		return zone[:end]
	}
	return zone[:max(0, strings.LastIndexByte(zone, '-'))]
}

// ZoneOf answers r's zone, "" where it has none or it is not known.
func ZoneOf(l Lookup, r *Resource) (zone string) {
	climb(l, r, func(_ *Resource, at place) bool { zone = at.zone; return zone != "" })
	return zone
}

// VPCOf answers the VPC that r is or lies in, nil where it lies in none.
func VPCOf(l Lookup, r *Resource) (vpc *Resource) {
	climb(l, r, func(up *Resource, _ place) bool {
		if up.Kind == KindVPC {
			vpc = up
		}
		return vpc != nil
	})
	return vpc
}

// SubnetOf answers the subnet that r is or lies in, nil where it lies in none.
func SubnetOf(l Lookup, r *Resource) (subnet *Resource) {
	climb(l, r, func(up *Resource, _ place) bool {
		if up.Kind == KindSubnet {
			subnet = up
		}
		return subnet != nil
	})
	return subnet
}

// Account answers r's Account, nil where it is not known.
func (t *Topology) Account(r *Resource) *Resource { return t.Get(Ref{KindAccount, AccountOf(t, r)}) }

// Provider answers the cloud that r is in, "" where it is not known.
func (t *Topology) Provider(r *Resource) Provider { return ProviderOf(t, r) }

// VPCOf answers the VPC that r is or lies in, nil where it lies in none.
func (t *Topology) VPCOf(r *Resource) *Resource { return VPCOf(t, r) }

// Region answers r's region, "" where it is not known.
func (t *Topology) Region(r *Resource) string { return RegionOf(t, r) }

// Zone answers r's zone, "" where it has none or it is not known.
func (t *Topology) Zone(r *Resource) string { return ZoneOf(t, r) }
