package query

// Impact is what a change does beyond its steps: who reaches whom from then on,
// how full subnets, quotas and machines get. Each list is sorted, and never nil.
type Impact struct {
	Reach   []ReachChange  `json:"reach"`
	Subnets []SubnetChange `json:"subnets"`
	Quotas  []QuotaChange  `json:"quotas"`
	Queues  []QueueChange  `json:"queues"`
	// Omitted counts pairs of instances whose reachability was not compared, since
	// there are too many; 0: all were.
	Omitted int `json:"omitted,omitempty"`
}

// ReachChange is traffic that gets through after the change and did not before,
// or the other way round, from each of From to each of To.
type ReachChange struct {
	From []string `json:"from"` // Instance/NAME, or internet; sorted
	To   []string `json:"to"`
	// Opens and Closes are the services; never nil, one of them is not empty.
	Opens  []Service `json:"opens"`
	Closes []Service `json:"closes"`
	Rule   string    `json:"rule"`   // that decides it now
	Reason string    `json:"reason"` // one sentence
	// By is what changed that decides it: security groups, networks, instances. Sorted.
	By []string `json:"by"`
}

// SubnetChange is how the address use of a subnet changes; a nil count: the subnet
// is not there on that side.
type SubnetChange struct {
	Subnet string  `json:"subnet"` // Subnet/NAME
	CIDR   string  `json:"cidr"`
	Before *Counts `json:"before,omitempty"`
	After  *Counts `json:"after,omitempty"`
}

// QuotaChange is how much of a limit is used.
type QuotaChange struct {
	Of     string `json:"of"`   // "ENIs of Account/prod in cn-hangzhou", "ENIs of Instance/web-1 (ecs.g5.large)"
	Rule   string `json:"rule"` // that sets the limit
	Before int    `json:"before"`
	After  int    `json:"after"`
	Limit  int    `json:"limit"` // 0: none is known
}

// QueueChange is how the queues of an interface of a machine change, in the words of
// its document: a number, auto, unmanaged; empty: the interface is not there.
type QueueChange struct {
	Host   string `json:"host"`      // Host/NAME
	On     string `json:"interface"` // ENI/NAME; primary for the machine's first
	Before string `json:"before"`
	After  string `json:"after"`
	Detail string `json:"detail,omitempty"` // what auto makes of it, as far as the type says
}
