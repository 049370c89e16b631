package schema

import "net/netip"

// InstanceSpec is a virtual machine with its primary ENI. Fields that belong to
// one cloud or one network type say so.
type InstanceSpec struct {
	NetworkType    NetworkType `json:"networkType,omitempty"` // vpc (default) or classic
	Type           string      `json:"type"`
	Image          string      `json:"image"`
	Subnet         string      `json:"subnet,omitempty"`  // vpc
	Account        string      `json:"account,omitempty"` // classic
	Region         string      `json:"region,omitempty"`  // classic
	Zone           string      `json:"zone,omitempty"`    // classic
	PrivateIP      netip.Addr  `json:"privateIP,omitzero"`
	MAC            string      `json:"mac,omitempty"` // lower case, colons; of the primary ENI
	SecurityGroups []string    `json:"securityGroups,omitempty"`
	PublicIP       *PublicIP   `json:"publicIP,omitempty"`    // nil: none
	IOOptimized    *bool       `json:"ioOptimized,omitempty"` // nil: the type decides
	Billing        Billing     `json:"billing,omitzero"`
	Power          Power       `json:"power,omitempty"` // running (default) or stopped
	// TerminationProtection is nil where the cloud's default holds (AWS: true).
	TerminationProtection *bool       `json:"terminationProtection,omitempty"`
	KeyPair               string      `json:"keyPair,omitempty"`        // AWS
	IAMRole               string      `json:"iamRole,omitempty"`        // AWS
	SessionManager        bool        `json:"sessionManager,omitempty"` // AWS
	UserData              Secret      `json:"userData,omitempty"`
	CreditSpecification   string      `json:"creditSpecification,omitempty"` // AWS: standard, unlimited
	RootDevice            string      `json:"rootDevice,omitempty"`          // AWS: ebs (default), instance-store
	RootVolume            *RootVolume `json:"rootVolume,omitempty"`          // AWS
	Relocation            int         `json:"relocation,omitempty"`          // AWS
	Autoscaled            bool        `json:"autoscaled,omitempty"`          // AWS
}

// PublicIP asks for a NAT public IP (Alibaba) or automatic assignment (AWS: {}).
type PublicIP struct {
	BandwidthMbps *int `json:"bandwidthMbps,omitempty"` // nil on AWS
	Rotation      int  `json:"rotation,omitempty"`      // raise it to ask for another address
}

// Billing is how an instance is paid for.
type Billing struct {
	Method    string `json:"method,omitempty"`   // pay-as-you-go (default) or subscription
	ExpiresAt Time   `json:"expiresAt,omitzero"` // zero: it does not expire
}

// Power is what an instance should be.
type Power string

// The powers.
const (
	PowerRunning Power = "running"
	PowerStopped Power = "stopped"
)

// RootVolume is the root volume of an AWS instance.
type RootVolume struct {
	Type                string `json:"type,omitempty"`
	SizeGiB             int    `json:"sizeGiB,omitempty"`
	IOPS                int    `json:"iops,omitempty"`
	ThroughputMiBps     int    `json:"throughputMiBps,omitempty"`
	DeleteOnTermination *bool  `json:"deleteOnTermination,omitempty"` // true by default
}

// Phase is where an object is in its life. Being in a phase means that the
// operation of that name is over (available, in-use, running, stopped) or under
// way (the -ing ones and pending).
type Phase string

// The phases of instances, ENIs and EIPs, as both clouds name them.
const (
	PhasePending       Phase = "pending"
	PhaseRunning       Phase = "running"
	PhaseStopping      Phase = "stopping"
	PhaseStopped       Phase = "stopped"
	PhaseShuttingDown  Phase = "shutting-down"
	PhaseTerminated    Phase = "terminated"
	PhaseCreating      Phase = "creating"
	PhaseAvailable     Phase = "available"
	PhaseAttaching     Phase = "attaching"
	PhaseInUse         Phase = "in-use"
	PhaseDetaching     Phase = "detaching"
	PhaseAssociating   Phase = "associating"
	PhaseUnassociating Phase = "unassociating"
)

// Transitional reports whether an operation is under way in p.
func (p Phase) Transitional() bool {
	switch p {
	case PhasePending, PhaseStopping, PhaseShuttingDown, PhaseCreating, PhaseAttaching,
		PhaseDetaching, PhaseAssociating, PhaseUnassociating:
		return true
	}
	return false
}

// InstanceStatus is what was observed of an instance.
type InstanceStatus struct {
	CommonStatus
	Phase     Phase           `json:"phase,omitempty"`
	PrivateIP netip.Addr      `json:"privateIP,omitzero"`
	MAC       string          `json:"mac,omitempty"`
	PublicIP  *PublicIPStatus `json:"publicIP,omitempty"` // nil: none
	// Predicted names the fields (privateIP, mac) that enid's own model chose.
	Predicted         []string `json:"predicted,omitempty"`
	PendingSpecChange bool     `json:"pendingSpecChange,omitempty"`
	// PendingPrivateIP takes effect at the next start. Document A 3.1.
	PendingPrivateIP      netip.Addr  `json:"pendingPrivateIP,omitzero"`
	TerminationProtection *bool       `json:"terminationProtection,omitempty"`
	Retirement            *Retirement `json:"retirement,omitempty"`
}

// PublicIPStatus is the NAT public IP that an instance has.
type PublicIPStatus struct {
	Address netip.Addr `json:"address,omitzero"`
	Changes int        `json:"changes,omitempty"` // over the instance's life
}

// Retirement is the cloud's notice that the instance's hardware goes.
type Retirement struct {
	NotBefore Time `json:"notBefore,omitzero"`
}
