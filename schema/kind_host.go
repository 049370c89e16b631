package schema

import "cmp"

// HostSpec is a Linux machine that enid converges.
type HostSpec struct {
	Instance   string    `json:"instance"`
	Match      HostMatch `json:"match,omitzero"`       // serves --host auto only
	Addressing string    `json:"addressing,omitempty"` // static (default) or dhcp
	Routing    Routing   `json:"routing,omitzero"`
	Queues     Queues    `json:"queues,omitzero"`      // default auto
	IRQBalance string    `json:"irqbalance,omitempty"` // enabled, disabled, unmanaged (default)
	RPS        RPS       `json:"rps,omitzero"`         // default unmanaged
	XPS        string    `json:"xps,omitempty"`        // auto, off, unmanaged (default)
	RFS        RFS       `json:"rfs,omitzero"`         // default unmanaged
	Persist    string    `json:"persist,omitempty"`    // none (default), ifcfg, networkd, netplan
	Sysctls    Sysctls   `json:"sysctls,omitzero"`     // default: left alone
}

// Steering answers own with what holds for the queues of that ENI: its own word, else
// its host's, else the default. The primary ENI has no word of its own.
func (s *HostSpec) Steering(own ENIGuest) ENIGuest {
	own.Queues = cmp.Or(own.Queues, s.Queues, Queues{Auto: true})
	own.RPS = cmp.Or(own.RPS, s.RPS, RPS{Mode: "unmanaged"})
	own.XPS = cmp.Or(own.XPS, s.XPS, "unmanaged")
	return own
}

// Sysctls are switches below net.ipv4.conf, set for the interface of each ENI of
// the host, the primary included. Nil is left alone.
type Sysctls struct {
	ARPIgnore   *int `json:"arpIgnore,omitempty"`   // arp_ignore: 0 to 2
	ARPAnnounce *int `json:"arpAnnounce,omitempty"` // arp_announce: 0 to 2
	RPFilter    *int `json:"rpFilter,omitempty"`    // rp_filter: 0 off, 1 strict, 2 loose
}

// HostMatch says which machine a Host is.
type HostMatch struct {
	Hostname  string `json:"hostname,omitempty"`
	MachineID string `json:"machineID,omitempty"`
}

// Routing is how a host routes the traffic of its secondary ENIs.
type Routing struct {
	Mode         string `json:"mode,omitempty"`         // balanced (default) or strict
	MetricBase   int    `json:"metricBase,omitempty"`   // 1001
	TableBase    int    `json:"tableBase,omitempty"`    // 1001
	PriorityBase int    `json:"priorityBase,omitempty"` // 7000: three bands of 1,000 from there
}

// Queues is a number of NIC queues, "auto" (as many as the driver has and CPUs
// are online) or "unmanaged". The zero value is not set.
type Queues struct {
	Auto, Unmanaged bool
	Count           int
}

// RPS is Receive Packet Steering: "documented", "off", "unmanaged" or a mask of
// CPUs. The zero value is not set.
type RPS struct {
	Mode string // documented, off, unmanaged, mask
	Mask string // lower-case hex without commas, with mode mask
}

// RFS is Receive Flow Steering: how many flows the machine remembers, "off" or
// "unmanaged". The zero value is not set.
type RFS struct {
	Off, Unmanaged bool
	Entries        int // of net.core.rps_sock_flow_entries, before the kernel rounds it up
}

// PolicySpec says what steps may do to the resources it selects.
type PolicySpec struct {
	Selector         Selector `json:"selector,omitzero"`  // zero: everything
	Downtime         string   `json:"downtime,omitempty"` // deny (default), allow, window
	Windows          []Window `json:"windows,omitempty"`
	Prune            *bool    `json:"prune,omitempty"` // true by default
	AllowUnprotected bool     `json:"allowUnprotected,omitempty"`
}

// Selector selects resources whose labels have all of Labels.
type Selector struct {
	Labels map[string]string `json:"labels,omitempty"`
}

// Matches reports whether labels has all that s asks for.
func (s Selector) Matches(labels map[string]string) bool {
	for k, v := range s.Labels {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// Window is a maintenance window.
type Window struct {
	Schedule string   `json:"schedule"` // cron, five fields
	Duration Duration `json:"duration"`
	TimeZone string   `json:"timeZone,omitempty"` // IANA; UTC by default
}

// ApprovalSpec lets one step run that would be blocked.
type ApprovalSpec struct {
	Operation string `json:"operation"` // an operation's name, or irreversible, data-loss, replace, delete
	Target    Ref    `json:"target"`    // may name what no file declares
	Reason    string `json:"reason"`
	ExpiresAt Time   `json:"expiresAt,omitzero"` // zero: it does not expire
}

// ApprovalStatus is what became of an approval.
type ApprovalStatus struct {
	CommonStatus
	// UsedBy is "serial/step" of the step that succeeded because of it.
	UsedBy string `json:"usedBy,omitempty"`
}
