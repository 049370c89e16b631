// Package tables holds what the clouds document of their instance types. It is
// read in place by binary search: nothing is parsed before it is asked for, and
// nothing is kept, so that it needs neither locks nor time at the start.
package tables

import (
	_ "embed"
	"strconv"
	"strings"
)

// InstanceType is what is known of one instance type. 0, "" and false stand
// where the source does not say.
type InstanceType struct {
	Name      string
	Family    string // ecs.g5, m5
	VCPU      int
	MemoryMiB int
	// MaxENIs counts the primary one; on AWS it is the default network card's.
	MaxENIs int
	// IPv4PerENI counts an ENI's primary address.
	IPv4PerENI int
	// IPv6PerENI is -1 where an ENI takes no IPv6 address.
	IPv6PerENI int
	// Queues is how many queues an ENI has by default; on Alibaba that is the most
	// it can have.
	Queues int
	// MaxQueues is the most that an ENI can have, where that is known.
	MaxQueues int
	// IOOptimized is yes, no, optional, or empty where it is not known.
	IOOptimized string
	// AttachRequiresStopped says that ENIs come and go only while stopped (Alibaba).
	AttachRequiresStopped bool
	PrefixDelegation      bool // AWS
	Nitro                 bool // AWS
	Burstable             bool // it earns and spends CPU credits
}

var (
	//go:embed alibaba.tsv
	alibaba string
	//go:embed aws.tsv
	aws string
)

var ioOptimized = map[string]string{"y": "yes", "n": "no", "o": "optional"}

// Lookup answers what is known of a type, by its provider (alibaba, aws) and name.
func Lookup(provider, name string) (InstanceType, bool) {
	rows := rowsOf(provider)
	low, high := 0, len(rows)
	for low < high {
		at := low + (high-low)/2
		start := low + strings.LastIndexByte(rows[low:at], '\n') + 1
		end := start + strings.IndexByte(rows[start:], '\n')
		row := rows[start:end]
		switch got, _, _ := strings.Cut(row, "\t"); {
		case got == name:
			return parse(row), true
		case got < name:
			low = end + 1
		default:
			high = start
		}
	}
	return InstanceType{}, false
}

// All calls yield for each type of a provider, sorted by name, until it answers false.
func All(provider string, yield func(InstanceType) bool) {
	for row := range strings.Lines(rowsOf(provider)) {
		if !yield(parse(strings.TrimSuffix(row, "\n"))) {
			return
		}
	}
}

// rowsOf answers a table without the comments it begins with.
func rowsOf(provider string) string {
	table := map[string]string{"alibaba": alibaba, "aws": aws}[provider]
	for strings.HasPrefix(table, "#") {
		_, table, _ = strings.Cut(table, "\n")
	}
	return table
}

func parse(row string) InstanceType {
	f := strings.Split(row, "\t")
	flag := func(c string) bool { return strings.Contains(f[9], c) }
	t := InstanceType{
		Name: f[0], Family: f[1],
		VCPU: count(f[2]), MemoryMiB: count(f[3]),
		MaxENIs: count(f[4]), IPv4PerENI: count(f[5]), IPv6PerENI: count(f[6]), Queues: count(f[7]),
		IOOptimized:           ioOptimized[f[8]],
		Burstable:             flag("b"),
		Nitro:                 flag("n"),
		PrefixDelegation:      flag("p"),
		AttachRequiresStopped: flag("s"),
	}
	if f[6] == "0" {
		t.IPv6PerENI = -1
	}
	switch {
	case len(f) > 10:
		t.MaxQueues = count(f[10])
	case strings.HasPrefix(t.Family, "ecs."):
		t.MaxQueues = t.Queues
	}
	return t
}

// count answers 0 where the cell is empty: not known.
func count(cell string) int {
	n, _ := strconv.Atoi(cell)
	return n
}
