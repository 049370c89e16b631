package query

import (
	"fmt"
	"net/netip"
	"strings"

	"enid/plan"
	"enid/schema"
)

// mostLines is how many of one sort a box names before it counts the rest.
const mostLines = 4

// lines answers what a resource's box says below its name: short, what people
// tell it by. several: the addresses of the instance stand in its ENIs' boxes.
func lines(r *schema.Resource, several bool) []string {
	var l list
	switch s := r.Spec.(type) {
	case *schema.AccountSpec:
		l.say(string(s.Provider))
	case *schema.VPCSpec:
		l.say(block(s.CIDR), block(s.IPv6CIDR))
	case *schema.SubnetSpec:
		l.say(block(s.CIDR), block(s.IPv6CIDR), with("gateway", written(s.Gateway)))
	case *schema.SecurityGroupSpec:
		l.some(len(s.Rules), "rule", func(i int) string { return rule(s.Rules[i]) })
	case *schema.InstanceSpec:
		l.say(s.Type)
		if s.Power == schema.PowerStopped {
			l.say("stopped")
		}
		if !several || s.NetworkType == schema.NetworkClassic {
			l = append(l, instanceAddresses(r)...)
		}
	case *schema.ENISpec:
		l = append(l, eniAddresses(r, s)...)
	case *schema.EIPSpec:
		_, public := boundTo(r)
		l.say(written(public))
		if s.BandwidthMbps > 0 {
			l.say(fmt.Sprintf("%d Mbit/s", s.BandwidthMbps))
		}
	case *schema.TargetGroupSpec:
		l.some(len(s.Targets), "target", func(i int) string { return "to " + s.Targets[i] })
	case *schema.VPCEndpointSpec:
		l.say(s.Service, with("groups", strings.Join(s.SecurityGroups, ", ")))
		l.some(len(s.Subnets), "subnet", func(i int) string { return "in " + s.Subnets[i] })
	case *schema.PeeringSpec:
		l.say(strings.Join(s.VPCs, " – "))
	case *schema.HostSpec:
		l.say(hostWords(s)...)
	default:
		storageLines(&l, r)
	}
	return l
}

func storageLines(l *list, r *schema.Resource) {
	switch s := r.Spec.(type) {
	case *schema.VolumeSpec:
		l.say(fmt.Sprintf("%d GiB %s", s.SizeGiB, s.Type))
		if len(s.AttachTo) > 0 {
			l.say(s.AttachTo[0].Device)
		}
	case *schema.SnapshotSpec:
		l.say(with("of", s.Of.Volume+s.Of.Instance))
	case *schema.ImageSpec:
		l.say(with("from", s.FromInstance))
	}
}

// instanceAddresses answers what an instance's primary ENI has.
func instanceAddresses(r *schema.Resource) []string {
	s := specOf[*schema.InstanceSpec](r)
	var l list
	private, public := s.PrivateIP, ""
	if s.PublicIP != nil {
		public = "public IP"
	}
	if st := statusOf[*schema.InstanceStatus](r); st != nil {
		if st.PrivateIP.IsValid() {
			private = st.PrivateIP
		}
		if st.PublicIP != nil {
			public = with("public", written(st.PublicIP.Address))
		}
	}
	l.say(written(private), public, with("groups", strings.Join(s.SecurityGroups, ", ")))
	return l
}

func eniAddresses(r *schema.Resource, s *schema.ENISpec) []string {
	var l list
	private, secondary, prefixes := s.PrivateIP, s.SecondaryIPs, s.Prefixes
	if st := statusOf[*schema.ENIStatus](r); st != nil {
		if st.PrivateIP.IsValid() {
			private = st.PrivateIP
		}
		secondary, prefixes = st.SecondaryIPs, st.Prefixes
	}
	l.say(written(private))
	l.some(len(secondary), "address", func(i int) string { return written(secondary[i]) })
	if n := s.SecondaryIPCount - len(secondary); n > 0 {
		l.say(fmt.Sprintf("%d more by the cloud", n))
	}
	l.some(len(prefixes), "prefix", func(i int) string { return block(prefixes[i]) })
	if n := s.PrefixCount - len(prefixes); n > 0 {
		l.say(fmt.Sprintf("%d × /28 by the cloud", n))
	}
	l.say(with("groups", strings.Join(s.SecurityGroups, ", ")))
	return l
}

// hostWords answers what a Host says besides its defaults.
func hostWords(s *schema.HostSpec) (words []string) {
	for _, w := range []struct{ word, value, otherwise string }{
		{"addressing", s.Addressing, "static"}, {"routing", s.Routing.Mode, "balanced"}, {"rps", s.RPS.Mode, "unmanaged"}, {"persist", s.Persist, "none"},
	} {
		if w.value != w.otherwise {
			words = append(words, with(w.word, w.value))
		}
	}
	return words
}

// rule answers a rule of a group on one line.
func rule(r schema.SecurityRule) string {
	words := []string{}
	if r.Direction == "egress" {
		words = append(words, "out")
	}
	if r.Action == "deny" {
		words = append(words, "deny")
	}
	if r.Protocol == "" || r.Protocol == "all" {
		words = append(words, "all")
	} else {
		words = append(words, r.Protocol)
	}
	if r.Ports != "" {
		words = append(words, r.Ports)
	}
	peer := r.Peer.SecurityGroup
	if peer == "" {
		peer = block(r.Peer.CIDR)
	}
	preposition := "from"
	if r.Direction == "egress" {
		preposition = "to"
	}
	return strings.Join(append(words, preposition, peer), " ")
}

// list is the lines of a box.
type list []string

func (l *list) say(all ...string) {
	for _, s := range all {
		if s != "" {
			*l = append(*l, s)
		}
	}
}

// some names the first of n and counts the rest.
func (l *list) some(n int, what string, line func(int) string) {
	for i := range min(n, mostLines) {
		if i == mostLines-1 && n > mostLines {
			l.say("and " + plan.Count(n-i, "more "+what))
			return
		}
		l.say(line(i))
	}
}

func with(word, s string) string {
	if s == "" {
		return ""
	}
	return word + " " + s
}

func written(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func block(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// blockOf answers the bytes of a resource's block or address, for the order.
func blockOf(r *schema.Resource) string {
	var a netip.Addr
	switch s := r.Spec.(type) {
	case *schema.VPCSpec:
		a = s.CIDR.Addr()
	case *schema.SubnetSpec:
		a = s.CIDR.Addr()
	case *schema.InstanceSpec:
		a = s.PrivateIP
	case *schema.ENISpec:
		if s.AttachTo != nil {
			return fmt.Sprintf("%02d", s.AttachTo.DeviceIndex)
		}
		return "~" // what is not attached stands last
	}
	return string(a.AsSlice())
}
