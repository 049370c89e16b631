package query

import (
	"fmt"
	"net/netip"
	"strings"

	"enid/schema"
)

const ruleReport = "cidr.report"

// ReportFormat is the format of a Report in JSON.
const ReportFormat = "enid.cidr/v1"

// blockSize is how many addresses a delegated prefix has: a /28.
const blockSize = 16

// Report says of every IPv4 address of a subnet what it is: exactly one of kept, used,
// reserved and unused. What somebody uses counts as used inside a reservation
// too, what the cloud keeps as kept.
type Report struct {
	Format  string       `json:"format"` // enid.cidr/v1
	Rule    string       `json:"rule"`
	Subnet  string       `json:"subnet"` // Subnet/NAME
	VPC     string       `json:"vpc"`    // VPC/NAME
	CIDR    netip.Prefix `json:"cidr"`
	Gateway netip.Addr   `json:"gateway,omitzero"`
	IPv6    *IPv6        `json:"ipv6,omitempty"` // nil: the subnet has no IPv6 CIDR
	Counts  Counts       `json:"counts"`
	// Kept are the cloud's own and the gateway; of each class the addresses that
	// are next to one another are one range. Never nil.
	Kept     []Range `json:"kept"`
	Used     []Range `json:"used"`
	Reserved []Range `json:"reserved"`
	Unused   []Range `json:"unused"`
	// Holders are who uses addresses, by address; never nil.
	Holders []Holder `json:"holders"`
	// FreeBlocks are the aligned /28s that nobody uses or keeps, reserved or not:
	// what could be delegated as a prefix. Never nil.
	FreeBlocks   []Block              `json:"freeBlocks"`
	Reservations []schema.Reservation `json:"reservations"`     // never nil
	Unplaced     []string             `json:"unplaced"`         // KIND/NAME that are in the subnet, their addresses not known yet
	Reserve      []Suggestion         `json:"reserve"`          // what to reserve; never nil
	Remark       string               `json:"remark,omitempty"` // why there is nothing to reserve
	kinds        map[class]spans
}

// IPv6 is how much is in use of an IPv6 CIDR, of which no list would tell anything.
type IPv6 struct {
	CIDR      netip.Prefix `json:"cidr"`
	Addresses int          `json:"addresses"` // in use by themselves
	Prefixes  int          `json:"prefixes"`  // delegated /80s
}

// Counts are numbers of IPv4 addresses.
type Counts struct {
	Total      int64 `json:"total"`
	Kept       int64 `json:"kept"`
	Used       int64 `json:"used"`
	Reserved   int64 `json:"reserved"`
	Unused     int64 `json:"unused"`
	FreeBlocks int   `json:"freeBlocks"` // /28s
}

// Range is the addresses from First to Last, both included.
type Range struct {
	First netip.Addr `json:"first"`
	Last  netip.Addr `json:"last"`
	Count int64      `json:"count"`
}

// Holder uses a range of addresses.
type Holder struct {
	Range
	Holder string `json:"holder"` // KIND/NAME; empty: something that enid does not manage
	As     string `json:"as"`     // primary, pending, secondary, prefix, endpoint, unmanaged
}

// Block is a free /28.
type Block struct {
	CIDR     netip.Prefix `json:"cidr"`
	Reserved bool         `json:"reserved"` // in whole, by a reservation
}

// Suggestion is a block worth reserving.
type Suggestion struct {
	CIDR   netip.Prefix `json:"cidr"`
	Detail string       `json:"detail"`
}

// class is what an address is.
type class byte

const (
	kept class = iota
	used
	reserved
	unused
)

// CIDR answers the address report of a subnet: NAME or Subnet/NAME. That there is
// no such subnet is an error. It costs with the number of resources and of free
// blocks, not of addresses.
func CIDR(t *schema.Topology, name string) (*Report, error) {
	q := &topology{Topology: t}
	ref := schema.Ref{Kind: schema.KindSubnet, Name: strings.TrimPrefix(name, "Subnet/")}
	subnet := q.Get(ref)
	spec := specOf[*schema.SubnetSpec](subnet)
	if spec == nil {
		return nil, fmt.Errorf("there is no %s; give the name of a subnet", ref)
	}
	if !spec.CIDR.IsValid() || !spec.CIDR.Addr().Is4() {
		return nil, fmt.Errorf("%s has no IPv4 CIDR", ref)
	}
	r := q.report(subnet)
	q.holders(r, spec.VPC)
	cloud := schema.ProviderOf(q, subnet)
	r.classify(cloud, spec)
	r.findBlocks()
	if cloud == schema.Alibaba {
		r.Remark = "Alibaba Cloud has no reservations"
		return r, nil
	}
	r.suggest()
	return r, nil
}

// report answers the report of a subnet with an IPv4 CIDR, before anybody uses it.
func (q *topology) report(subnet *schema.Resource) *Report {
	spec := specOf[*schema.SubnetSpec](subnet)
	r := &Report{Format: ReportFormat, Rule: ruleReport, Subnet: subnet.String(), VPC: "VPC/" + spec.VPC, CIDR: spec.CIDR,
		Holders: []Holder{}, FreeBlocks: []Block{}, Reservations: append([]schema.Reservation{}, spec.Reservations...),
		Unplaced: []string{}, Reserve: []Suggestion{}}
	cloud := schema.ProviderOf(q, subnet)
	if cloud != "" || spec.Gateway.IsValid() {
		r.Gateway = schema.Gateway(cloud, spec)
	}
	if spec.IPv6CIDR.IsValid() {
		r.IPv6 = &IPv6{CIDR: spec.IPv6CIDR}
	}
	if status := statusOf[*schema.SubnetStatus](subnet); status != nil {
		for _, a := range status.UsedIPs {
			r.holds("", use{"unmanaged", single(a)})
		}
	}
	return r
}

// classify puts every address into its class.
func (r *Report) classify(cloud schema.Provider, spec *schema.SubnetSpec) {
	whole := spanOf(r.CIDR)
	all := spans{whole}
	var keeps, uses, reserves []span
	for n := whole.first; n <= whole.last; n++ {
		if n == whole.first+blockSize && n < whole.last-blockSize {
			n = whole.last - blockSize // the clouds keep the ends
		}
		if cloud != "" && schema.Kept(cloud, r.CIDR, address(n)) {
			keeps = append(keeps, span{n, n})
		}
	}
	if r.Gateway.IsValid() && r.Gateway.Is4() {
		keeps = append(keeps, span{number(r.Gateway), number(r.Gateway)})
	}
	for _, h := range r.Holders {
		uses = append(uses, span{number(h.First), number(h.Last)})
	}
	for _, one := range spec.Reservations {
		reserves = append(reserves, spanOf(one.CIDR))
	}
	r.kinds = map[class]spans{kept: join(keeps).and(all)}
	rest := all.without(r.kinds[kept])
	r.kinds[used] = join(uses).and(rest)
	rest = rest.without(r.kinds[used])
	r.kinds[reserved] = join(reserves).and(rest)
	r.kinds[unused] = rest.without(r.kinds[reserved])
	r.Kept, r.Used = ranges(r.kinds[kept]), ranges(r.kinds[used])
	r.Reserved, r.Unused = ranges(r.kinds[reserved]), ranges(r.kinds[unused])
	r.Counts = Counts{Total: all.count(), Kept: r.kinds[kept].count(), Used: r.kinds[used].count(),
		Reserved: r.kinds[reserved].count(), Unused: r.kinds[unused].count()}
}

func ranges(all spans) []Range {
	out := make([]Range, len(all))
	for i, s := range all {
		out[i] = rangeOf(s)
	}
	return out
}

func rangeOf(s span) Range { return Range{address(s.first), address(s.last), s.last - s.first + 1} }
