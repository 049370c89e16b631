package query

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

// topology is what is asked about.
type topology struct {
	*schema.Topology
	links *links // nil: what is linked to what is looked for in the whole
}

// specOf answers a resource's spec, nil where there is none of that type.
func specOf[S schema.Spec](r *schema.Resource) (s S) {
	if r != nil {
		s, _ = r.Spec.(S)
	}
	return s
}

// statusOf answers what was observed, nil where nothing was.
func statusOf[S schema.Status](r *schema.Resource) (s S) {
	if r != nil {
		s, _ = r.Status.(S)
	}
	return s
}

// Interface is an ENI of an instance, or the internet.
type Interface struct {
	// Name is ENI/NAME, Instance/NAME for its primary ENI, or internet.
	Name           string       `json:"name"`
	PrivateIP      netip.Addr   `json:"privateIP,omitzero"`       // the primary one; absent: not known
	SecurityGroups []string     `json:"securityGroups,omitempty"` // names
	PublicIP       netip.Addr   `json:"publicIP,omitzero"`        // with the internet
	CIDR           netip.Prefix `json:"cidr,omitzero"`            // of the internet: the part that is meant
}

func (i Interface) peer() peer { return peer{i.SecurityGroups, i.PrivateIP} }

// machine is an instance with what reaching it depends on.
type machine struct {
	*schema.Resource
	spec       *schema.InstanceSpec
	cloud      schema.Provider
	account    string
	region     string
	vpc        *schema.Resource // nil: classic
	interfaces []Interface      // the primary first, then by device index
}

// machine answers the instance that name means: NAME or Instance/NAME.
func (q *topology) machine(name string) (*machine, error) {
	ref := schema.Ref{Kind: schema.KindInstance, Name: strings.TrimPrefix(name, "Instance/")}
	r := q.Get(ref)
	spec := specOf[*schema.InstanceSpec](r)
	if spec == nil {
		return nil, fmt.Errorf("there is no %s; give the name of an instance, or %s", ref, Internet)
	}
	m := &machine{Resource: r, spec: spec, cloud: schema.ProviderOf(q, r), account: schema.AccountOf(q, r),
		region: schema.RegionOf(q, r), vpc: schema.VPCOf(q, r)}
	if m.vpc == nil && spec.NetworkType != schema.NetworkClassic {
		return nil, fmt.Errorf("%s: the VPC of its subnet %q is not known", ref, spec.Subnet)
	}
	primary := Interface{Name: ref.String(), PrivateIP: spec.PrivateIP, SecurityGroups: spec.SecurityGroups}
	if s := statusOf[*schema.InstanceStatus](r); s != nil && s.PrivateIP.IsValid() {
		primary.PrivateIP = s.PrivateIP
	}
	m.interfaces = append([]Interface{primary}, q.secondary(ref.Name)...)
	return m, nil
}

// secondary answers the ENIs that are attached to an instance, by device index,
// those whose index is not known last.
func (q *topology) secondary(instance string) (found []Interface) {
	type attached struct {
		Interface
		index int
	}
	var all []attached
	for _, r := range q.enis(instance) {
		at, index := attachedTo(r)
		if at != instance {
			continue
		}
		spec := specOf[*schema.ENISpec](r)
		one := attached{Interface{Name: r.String(), PrivateIP: statusOrSpec(r).PrivateIP, SecurityGroups: spec.SecurityGroups}, index}
		if one.index == 0 {
			one.index = math.MaxInt
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b attached) int { return cmp.Compare(a.index, b.index) })
	for _, a := range all {
		found = append(found, a.Interface)
	}
	return found
}

// network answers where an instance is, in words.
func (m *machine) network() string {
	if m.vpc == nil {
		return "the classic network of " + m.region
	}
	return m.vpc.String()
}
