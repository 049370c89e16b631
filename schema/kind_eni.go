package schema

import "net/netip"

// ENISpec is a secondary elastic network interface. Document A 4.
type ENISpec struct {
	Subnet           string         `json:"subnet"`
	PrivateIP        netip.Addr     `json:"privateIP,omitzero"`         // zero: the cloud chooses
	SecondaryIPs     []netip.Addr   `json:"secondaryIPs,omitempty"`     // of both families
	SecondaryIPCount int            `json:"secondaryIPCount,omitempty"` // IPv4
	Prefixes         []netip.Prefix `json:"prefixes,omitempty"`         // AWS: a /28 or, of IPv6, a /80 each
	PrefixCount      int            `json:"prefixCount,omitempty"`      // AWS, IPv4
	SecurityGroups   []string       `json:"securityGroups"`
	DisplayName      string         `json:"displayName,omitempty"`
	Description      string         `json:"description,omitempty"`
	MAC              string         `json:"mac,omitempty"`      // lower case, colons
	AttachTo         *Attachment    `json:"attachTo,omitempty"` // nil: not attached
	ManagedBy        string         `json:"managedBy,omitempty"`
	Guest            *ENIGuest      `json:"guest,omitempty"` // nil: as its Host says
}

// Attachment is where an ENI is attached.
type Attachment struct {
	Instance string `json:"instance"`
	// DeviceIndex is 0 where the lowest free one from 1 is taken and kept in state.
	DeviceIndex int `json:"deviceIndex,omitempty"`
}

// ENIGuest overrides, for one ENI, what its Host says. Zero values leave it to the Host.
type ENIGuest struct {
	Addressing string `json:"addressing,omitempty"` // static, dhcp, none
	Metric     int    `json:"metric,omitempty"`
	Table      int    `json:"table,omitempty"`
	MTU        int    `json:"mtu,omitempty"` // bytes
	Queues     Queues `json:"queues,omitzero"`
	RPS        RPS    `json:"rps,omitzero"`
	XPS        string `json:"xps,omitempty"` // auto, off, unmanaged
}

// ENIStatus is what was observed of an ENI.
type ENIStatus struct {
	CommonStatus
	Phase     Phase      `json:"phase,omitempty"`
	MAC       string     `json:"mac,omitempty"`
	PrivateIP netip.Addr `json:"privateIP,omitzero"`
	// Predicted names the fields (privateIP, mac, secondaryIPs, prefixes) that
	// enid's own model chose. They are never configured on a host.
	Predicted    []string       `json:"predicted,omitempty"`
	DeviceIndex  int            `json:"deviceIndex,omitempty"` // 0: not attached
	SecondaryIPs []netip.Addr   `json:"secondaryIPs,omitempty"`
	Prefixes     []netip.Prefix `json:"prefixes,omitempty"`
	Instance     string         `json:"instance,omitempty"` // name; empty: not attached
}

// Slots answers how many address slots of IPv4 and of IPv6 an ENI takes: each address
// one, each prefix one. Document B 04-03, public.
func (s *ENIStatus) Slots() (ipv4, ipv6 int) {
	count := func(a netip.Addr) {
		switch {
		case a.Is4():
			ipv4++
		case a.IsValid():
			ipv6++
		}
	}
	count(s.PrivateIP)
	for _, a := range s.SecondaryIPs {
		count(a)
	}
	for _, p := range s.Prefixes {
		count(p.Addr())
	}
	return ipv4, ipv6
}

// EIPSpec is an elastic public address. Document A 2.1, 3.3.
type EIPSpec struct {
	Account       string       `json:"account,omitempty"`
	Region        string       `json:"region"`
	BandwidthMbps int          `json:"bandwidthMbps,omitempty"` // 0: the cloud's default
	BindTo        *Binding     `json:"bindTo,omitempty"`        // nil: not bound
	ConvertFrom   *ConvertFrom `json:"convertFrom,omitempty"`   // Alibaba
}

// Binding is what an EIP is bound to: an instance, or an address of an ENI.
type Binding struct {
	Instance  string     `json:"instance,omitempty"`
	ENI       string     `json:"eni,omitempty"`
	PrivateIP netip.Addr `json:"privateIP,omitzero"` // with ENI; zero: its primary one
}

// ConvertFrom asks to make an EIP of an instance's NAT public IP.
type ConvertFrom struct {
	Instance string `json:"instance"`
}

// EIPStatus is what was observed of an EIP.
type EIPStatus struct {
	CommonStatus
	Address       netip.Addr `json:"address,omitzero"`
	Phase         Phase      `json:"phase,omitempty"`
	BoundTo       *Binding   `json:"boundTo,omitempty"`       // nil: not bound
	ConvertedFrom string     `json:"convertedFrom,omitempty"` // instance name
}
