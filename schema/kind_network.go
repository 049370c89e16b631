package schema

import "net/netip"

// Provider is a cloud.
type Provider string

// The clouds.
const (
	Alibaba Provider = "alibaba"
	AWS     Provider = "aws"
)

// AccountSpec is an account with a cloud.
type AccountSpec struct {
	Provider Provider `json:"provider"`
	Quotas   *Quotas  `json:"quotas,omitempty"` // nil: the cloud's defaults
}

// Quotas are what the cloud grants an account.
type Quotas struct {
	// ENIsPerRegion bounds the secondary ENIs of a region; 0: the cloud's default
	// (Alibaba 100, AWS none). Document A 4.1.
	ENIsPerRegion int `json:"enisPerRegion,omitempty"`
}

// defaultENIQuota is how many secondary ENIs an Alibaba account has per region.
// Document A 4.1.
const defaultENIQuota = 100

// ENIQuota answers how many secondary ENIs the account has per region; 0: as many
// as it likes.
func (s *AccountSpec) ENIQuota() int {
	switch {
	case s.Quotas != nil && s.Quotas.ENIsPerRegion > 0:
		return s.Quotas.ENIsPerRegion
	case s.Provider == Alibaba:
		return defaultENIQuota
	}
	return 0
}

// VPCSpec is a virtual private cloud. Document A 1.
type VPCSpec struct {
	Account string       `json:"account,omitempty"` // filled in where there is exactly one
	Region  string       `json:"region"`
	CIDR    netip.Prefix `json:"cidr"`
	// IPv6CIDR is zero where the VPC has IPv4 only.
	IPv6CIDR netip.Prefix `json:"ipv6CIDR,omitzero"`
}

// SubnetSpec is a subnet (Alibaba: VSwitch) of a VPC. Document A 2.1.
type SubnetSpec struct {
	VPC  string       `json:"vpc"`
	Zone string       `json:"zone"`
	CIDR netip.Prefix `json:"cidr"`
	// IPv6CIDR is zero where the subnet has IPv4 only; else a /64.
	IPv6CIDR netip.Prefix `json:"ipv6CIDR,omitzero"`
	// Gateway is zero where the cloud's default holds: see Gateway.
	Gateway netip.Addr `json:"gateway,omitzero"`
	// IPv6Gateway is zero likewise: see GatewayIPv6.
	IPv6Gateway  netip.Addr    `json:"ipv6Gateway,omitzero"`
	Reservations []Reservation `json:"reservations,omitempty"` // AWS
}

// CIDROf answers the subnet's CIDR of a's family, zero where it has none.
func (s *SubnetSpec) CIDROf(a netip.Addr) netip.Prefix {
	if a.Is4() {
		return s.CIDR
	}
	return s.IPv6CIDR
}

// Reservation keeps a block of a subnet from automatic assignment. Document B 04-03.
type Reservation struct {
	CIDR netip.Prefix `json:"cidr"`           // a /28 or larger
	Type string       `json:"type,omitempty"` // prefix (default) or explicit
}

// SubnetStatus is what was observed of a subnet.
type SubnetStatus struct {
	CommonStatus
	// UsedIPs are addresses in use by what enid does not manage.
	UsedIPs []netip.Addr `json:"usedIPs,omitempty"`
}

// SecurityGroupSpec is a security group of a VPC, or of the classic network.
type SecurityGroupSpec struct {
	VPC         string         `json:"vpc,omitempty"`
	NetworkType NetworkType    `json:"networkType,omitempty"` // classic where VPC is empty
	Account     string         `json:"account,omitempty"`     // classic only
	Region      string         `json:"region,omitempty"`      // classic only
	Rules       []SecurityRule `json:"rules,omitempty"`
}

// NetworkType is Alibaba's network type of an instance or a group.
type NetworkType string

// The network types. Document A 1.
const (
	NetworkVPC     NetworkType = "vpc"
	NetworkClassic NetworkType = "classic"
)

// SecurityRule is one rule of a group, with all defaults filled in.
type SecurityRule struct {
	Direction string `json:"direction,omitempty"` // ingress (default) or egress
	Protocol  string `json:"protocol,omitempty"`  // all (default), tcp, udp, icmp
	Ports     string `json:"ports,omitempty"`     // "443", "8000-8100", empty: all
	Peer      Peer   `json:"peer"`
	Action    string `json:"action,omitempty"`   // allow (default) or deny
	Priority  int    `json:"priority,omitempty"` // 1 (default, first) to 100
}

// Peer is the other side of a security rule: a CIDR or a group.
type Peer struct {
	CIDR          netip.Prefix `json:"cidr,omitzero"`
	SecurityGroup string       `json:"securityGroup,omitempty"`
	Account       string       `json:"account,omitempty"` // of the group, where it is another's
}

// CommonStatus is the status that every kind has.
type CommonStatus struct {
	ID        string `json:"id,omitempty"`       // the cloud's own
	CreatedAt Time   `json:"createdAt,omitzero"` // zero: not known
}

// Common answers s itself.
func (s *CommonStatus) Common() *CommonStatus { return s }
