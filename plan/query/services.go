package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Service is a kind of traffic: all of a protocol, or a range of its ports.
type Service struct {
	Protocol string `json:"protocol"`        // all, tcp, udp, icmp, or other: none of the three
	Ports    string `json:"ports,omitempty"` // "443", "8000-8100"; empty: all
}

// String answers "tcp 443", "icmp" or "all protocols".
func (s Service) String() string {
	switch {
	case s.Protocol == "all":
		return "all protocols"
	case s.Protocol == "other":
		return "other protocols"
	case s.Ports == "":
		return s.Protocol
	}
	return s.Protocol + " " + s.Ports
}

// The protocols that rules tell apart, as indexes of services.
const (
	tcp = iota
	udp
	icmp
	other
)

var protocolNames = [...]string{tcp: "tcp", udp: "udp", icmp: "icmp", other: "other"}

// services is a set of traffic: of each protocol its ports, of one without ports
// the number 0.
type services [len(protocolNames)]spans

const lastPort = 65535

// everything is all traffic.
var everything = services{tcp: {{1, lastPort}}, udp: {{1, lastPort}}, icmp: {{0, 0}}, other: {{0, 0}}}

// servicesOf answers what a security rule is about. Ports of protocol all are
// those of TCP and UDP; ICMP has none, so that they say nothing of it.
func servicesOf(protocol, ports string) (s services) {
	of := everything[tcp]
	if ports != "" {
		low, high, isRange := strings.Cut(ports, "-")
		first, _ := strconv.ParseInt(low, 10, 64)
		last := first
		if isRange {
			last, _ = strconv.ParseInt(high, 10, 64)
		}
		of = spans{{first, last}}
	}
	switch {
	case protocol == "tcp":
		s[tcp] = of
	case protocol == "udp":
		s[udp] = of
	case protocol == "icmp":
		s[icmp] = everything[icmp]
	case ports != "":
		s[tcp], s[udp] = of, of
	default:
		s = everything
	}
	return s
}

func (s services) each(o services, do func(a, b spans) spans) (out services) {
	for p := range s {
		out[p] = do(s[p], o[p])
	}
	return out
}

func (s services) or(o services) services      { return s.each(o, spans.or) }
func (s services) and(o services) services     { return s.each(o, spans.and) }
func (s services) without(o services) services { return s.each(o, spans.without) }

func (s services) empty() bool {
	return !slices.ContainsFunc(s[:], func(of spans) bool { return len(of) > 0 })
}

// list answers the set in few words, in the order of protocols and ports; never nil.
func (s services) list() []Service {
	out := []Service{}
	if everything.without(s).empty() {
		return append(out, Service{Protocol: "all"})
	}
	for p, of := range s {
		if len(of) > 0 && len(everything[p].without(of)) == 0 {
			out = append(out, Service{Protocol: protocolNames[p]})
			continue
		}
		for _, ports := range of {
			out = append(out, Service{protocolNames[p], ports.String()})
		}
	}
	return out
}

// String answers the range as rules write it.
func (s span) String() string {
	if s.first == s.last {
		return strconv.FormatInt(s.first, 10)
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}
