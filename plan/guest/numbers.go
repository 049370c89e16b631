package guest

// The numbers that mark what is enid's in the kernel.
//
//	what                     number           why this one
//	route, rule protocol     101              'e'; nobody in the list of taken ones has it
//	address protocol         101              the same; below Linux 5.18 the label DEV:enid
//	tables, metrics          1001 and up      document A 4.4.5 and 4.4.6: the metric is the table's name
//	rule priorities          7000 to 9999     three bands of 1,000, before main (32766)
//
// A rule's priority is base + band + device index - 1. The bands are the tiers of
// balanced routing: to the VPC through the ENI's own table, to what main knows
// better than by a default route through main, the rest through the ENI's table.
// Strict routing has the third band only, so that changing the mode keeps it.
const (
	Protocol        = 101
	AddressProtocol = 101
	LabelSuffix     = ":enid" // of an address's label, with the device before it

	DefaultMetricBase   = 1001
	DefaultTableBase    = 1001
	DefaultPriorityBase = 7000
	Band                = 1000 // priorities in a band, and so the most ENIs of a host
)

// IPv6Metric is what an IPv6 route of enid's in main has on top of the metric: a
// default route that a router advertisement brings has 1024, and the primary's is to
// stay in front. In a table of enid's own it is all that a route has: the kernel
// makes 1024 of 0.
const IPv6Metric = 1024

// The tables that the kernel itself has.
const (
	TableDefault = 253
	TableMain    = 254
	TableLocal   = 255
)

// Taken are numbers that other programs use, as documented or seen.
//
//	tables      100 and up (cloud-init, many scripts), 200 and 201 (examples of the
//	            field), 1000 + interface index (terway: collides with 1001 and up where
//	            it runs), 10000 and up (amazon-ec2-net-utils), 30200 and up
//	priorities  0, 512, 1024, 1535, 1536, 2048 (terway, amazon-vpc-cni), 5210 to 5270
//	            (tailscale, with table 52), 10000 and up, 30000 and up, 30200 and up,
//	            32765 and up (what `ip rule add` chooses, main, default)
//	protocols   0 to 18 (kernel, boot, static, routing daemons), 42 babel, 66, 80, 84, 99
//	            openr, 186 to 192 (bgp, isis, ospf, rip, eigrp ...)
//
// Tables that hold a foreign route are refused whatever their number; this list is
// what enid's own defaults were chosen against.
var Taken = struct{ Tables, Priorities, Protocols []Range }{
	Tables: []Range{{52, 52}, {100, 100}, {200, 201}, {10000, 10999}, {30200, 30299}, {253, 255}},
	Priorities: []Range{{0, 0}, {512, 512}, {1024, 1024}, {1535, 1536}, {2048, 2048}, {5210, 5270},
		{10000, 10999}, {30000, 30299}, {32765, 32767}},
	Protocols: []Range{{0, 18}, {42, 42}, {66, 66}, {80, 80}, {84, 84}, {99, 99}, {186, 192}},
}

// Range is First to Last, both included.
type Range struct{ First, Last int }

// Has reports whether n lies in the range.
func (r Range) Has(n int) bool { return r.First <= n && n <= r.Last }

// Route types and scopes, as rtnetlink numbers them.
const (
	Unicast = 1
	Local   = 2

	// ProtocolRA is the protocol of routes that a router advertisement brought.
	ProtocolRA = 9

	ScopeGlobal = 0
	ScopeLink   = 253
	ScopeHost   = 254
)

// protocolKernel is the protocol of routes that follow from addresses.
const protocolKernel = 2

// priorityMain is the priority of the rule that looks main up.
const priorityMain = 32766

// ActionTable is the action of a rule that looks a table up (FR_ACT_TO_TBL).
const ActionTable = 1
