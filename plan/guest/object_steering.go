package guest

import (
	"strings"

	"enid/plan"
)

// Steering is what sysfs has of one queue of a link, beside the channels: a file,
// and the value in it. Where a queue goes its steering goes along, and a queue that
// comes has that of a new one.
type Steering interface {
	object
	// File answers the file's path below /sys/class/net/LINK/queues: rx-0/rps_cpus.
	File() string
	// Value answers what stands in the file, as the kernel writes it.
	Value() string
}

// RPS is the Receive Packet Steering mask of one receive queue.
type RPS struct {
	Link  string
	Queue int
	Mask  string // as FormatMask writes it, which is as the kernel does
}

// XPS is the Transmit Packet Steering mask of one send queue: the CPUs that send
// through it. A NIC that was made with a single queue has none.
type XPS struct {
	Link  string
	Queue int
	Mask  string // as FormatMask writes it
}

// QueueFlows is how many flows one receive queue remembers, for Receive Flow
// Steering.
type QueueFlows struct {
	Link  string
	Queue int
	Count int // a power of two, or 0
}

// SocketFlows is how many flows the whole machine remembers, for Receive Flow
// Steering: net.core.rps_sock_flow_entries. Network namespaces other than the
// initial one have none.
type SocketFlows struct {
	Entries int // a power of two, or 0
}

// SocketFlowsKey is its path below /proc/sys/net.
const SocketFlowsKey = "core/rps_sock_flow_entries"

// SocketFlowsRef is the one SocketFlows of a world.
var SocketFlowsRef = plan.Ref{Kind: KindSocketFlows, Name: "rps_sock_flow_entries"}

// RPSRef answers RPS/eth1/rx-0.
func RPSRef(link string, queue int) plan.Ref {
	return plan.Ref{Kind: KindRPS, Name: link + "/rx-" + itoa(queue)}
}

// XPSRef answers XPS/eth1/tx-0.
func XPSRef(link string, queue int) plan.Ref {
	return plan.Ref{Kind: KindXPS, Name: link + "/tx-" + itoa(queue)}
}

// QueueFlowsRef answers QueueFlows/eth1/rx-0.
func QueueFlowsRef(link string, queue int) plan.Ref {
	return plan.Ref{Kind: KindQueueFlows, Name: link + "/rx-" + itoa(queue)}
}

// Ref answers the reference of the queue's mask.
func (r RPS) Ref() plan.Ref { return RPSRef(r.Link, r.Queue) }

// Ref answers the reference of the queue's mask.
func (x XPS) Ref() plan.Ref { return XPSRef(x.Link, x.Queue) }

// Ref answers the reference of the queue's flows.
func (f QueueFlows) Ref() plan.Ref { return QueueFlowsRef(f.Link, f.Queue) }

// Ref answers SocketFlowsRef.
func (SocketFlows) Ref() plan.Ref { return SocketFlowsRef }

// Interface answers the link.
func (r RPS) Interface() string { return r.Link }

// Interface answers the link.
func (x XPS) Interface() string { return x.Link }

// Interface answers the link.
func (f QueueFlows) Interface() string { return f.Link }

// Interface answers none.
func (SocketFlows) Interface() string { return "" }

// Chain answers that of the link's queues.
func (r RPS) Chain() string { return queuesOf(r.Link) }

// Chain answers that of the link's queues.
func (x XPS) Chain() string { return queuesOf(x.Link) }

// Chain answers that of the link's queues.
func (f QueueFlows) Chain() string { return queuesOf(f.Link) }

// Chain answers one of its own.
func (SocketFlows) Chain() string { return SocketFlowsRef.Name }

// File answers rx-N/rps_cpus.
func (r RPS) File() string { return "rx-" + itoa(r.Queue) + "/rps_cpus" }

// File answers tx-N/xps_cpus.
func (x XPS) File() string { return "tx-" + itoa(x.Queue) + "/xps_cpus" }

// File answers rx-N/rps_flow_cnt.
func (f QueueFlows) File() string { return "rx-" + itoa(f.Queue) + "/rps_flow_cnt" }

// Value answers the mask.
func (r RPS) Value() string { return r.Mask }

// Value answers the mask.
func (x XPS) Value() string { return x.Mask }

// Value answers the number.
func (f QueueFlows) Value() string { return itoa(f.Count) }

// Differs compares the masks where one is wanted.
func (RPS) Differs(is, want plan.Object) []plan.Change { return steered(is, want) }

// Differs compares the masks where one is wanted.
func (XPS) Differs(is, want plan.Object) []plan.Change { return steered(is, want) }

// Differs compares the numbers where one is wanted.
func (QueueFlows) Differs(is, want plan.Object) []plan.Change { return steered(is, want) }

// steered compares the values of a file where one is wanted. The wanted queue may
// be one that is not there yet.
func steered(is, want plan.Object) []plan.Change {
	b, ask := want.(Steering)
	if !ask || is == want {
		return nil
	}
	_, path, _ := strings.Cut(b.File(), "/")
	from := ""
	if a, have := is.(Steering); have {
		from = a.Value()
	}
	return []plan.Change{{Path: path, From: from, To: b.Value()}}
}

// Differs compares the numbers where one is wanted and the machine has one.
func (SocketFlows) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(SocketFlows)
	b, ask := want.(SocketFlows)
	if !ask || !have || a == b {
		return nil
	}
	return []plan.Change{{Path: SocketFlowsRef.Name, From: a.Entries, To: b.Entries}}
}
