package query

import (
	"net/netip"

	"enid/schema"
)

// Impact is what a change does beyond its steps: who reaches whom from then on,
// how full subnets, quotas and machines get. Each list is sorted, and never nil.
type Impact struct {
	Reach   []ReachChange  `json:"reach"`
	Subnets []SubnetChange `json:"subnets"`
	Quotas  []QuotaChange  `json:"quotas"`
	Queues  []QueueChange  `json:"queues"`
	// Omitted counts pairs of instances, each way by itself, whose reachability was
	// not compared, since there are too many; 0: all were.
	Omitted int `json:"omitted,omitempty"`
}

// ReachChange is traffic that gets through after the change and did not before,
// or the other way round, from each of From to each other of To.
type ReachChange struct {
	From []string `json:"from"` // Instance/NAME, or internet; sorted
	To   []string `json:"to"`
	// CIDRs without Except are the part of the internet that is meant; none: all of it.
	CIDRs  []netip.Prefix `json:"cidrs,omitempty"`
	Except []netip.Prefix `json:"except,omitempty"`
	// Opens and Closes are the services; never nil, one of them is not empty.
	Opens  []Service `json:"opens"`
	Closes []Service `json:"closes"`
	Rule   string    `json:"rule"`   // that decides it now
	Reason string    `json:"reason"` // one sentence
	// By is what changed that decides it, KIND/NAME: security groups, what joins
	// networks, instances and their ENIs. Sorted.
	By []string `json:"by"`
}

// SubnetChange is how the address use of a subnet changes; a nil count: the subnet
// is not there on that side.
type SubnetChange struct {
	Subnet string  `json:"subnet"` // Subnet/NAME
	CIDR   string  `json:"cidr"`
	Before *Counts `json:"before,omitempty"`
	After  *Counts `json:"after,omitempty"`
	// Unplaced count what is in the subnet with an address that is not known yet: each
	// takes one of the unused.
	UnplacedBefore int `json:"unplacedBefore,omitempty"`
	UnplacedAfter  int `json:"unplacedAfter,omitempty"`
	// IPv6 count addresses and prefixes in use.
	IPv6Before int `json:"ipv6Before,omitempty"`
	IPv6After  int `json:"ipv6After,omitempty"`
}

// QuotaChange is how much of a limit is used, the fullest first.
type QuotaChange struct {
	Of     string `json:"of"`   // "ENIs of Account/prod in cn-hangzhou", "ENIs of Instance/web-1 (ecs.g5.large)"
	Rule   string `json:"rule"` // that sets the limit
	Before int    `json:"before"`
	After  int    `json:"after"`
	Limit  int    `json:"limit"` // after the change
	// LimitBefore is the limit before, where it was another; 0: it was the same, or
	// not known.
	LimitBefore int `json:"limitBefore,omitempty"`
}

// QueueChange is how a setting of an interface of a machine changes, in the words of
// its document; empty: the interface is not there.
type QueueChange struct {
	Host    string `json:"host"`      // Host/NAME
	On      string `json:"interface"` // ENI/NAME; primary for the machine's first; empty: the whole machine
	Setting string `json:"setting"`   // queues, rps, xps, rfs
	Before  string `json:"before"`
	After   string `json:"after"`
	Detail  string `json:"detail,omitempty"` // what auto makes of it, as far as the type says
}

// Impacts compares two topologies, each with the status that applying it gives.
//
// Of reachability it tells what there is to lose or to gain by what stays: not what
// closes because one of the ends goes, nor what is open between two that both come.
// Resources that are the same value on both sides cost next to nothing.
func Impacts(before, after *schema.Topology) *Impact {
	return impacts(before, after, maxComparisons)
}

func impacts(before, after *schema.Topology, most int) *Impact {
	i := &Impact{Reach: []ReachChange{}, Subnets: []SubnetChange{}, Quotas: []QuotaChange{}, Queues: []QueueChange{}}
	c := compare(before, after)
	if len(c.changed) == 0 {
		return i
	}
	for _, q := range c.sides {
		q.collect()
	}
	c.reach(i, most)
	c.subnets(i)
	c.quotas(i)
	c.queues(i)
	return i
}
