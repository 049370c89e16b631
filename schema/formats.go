package schema

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// format is a form that a text field has. check answers "" or what is wrong.
type format struct {
	allowed string
	check   func(string) string
	// secret says that a wrong value may be one: it is not quoted.
	secret bool
}

// formats are those that jsonschema/*.json name.
var formats = map[string]format{
	"ipv4":        {"an IPv4 address such as 10.0.0.20", checkIPv4, false},
	"ip":          {"an IP address such as 10.0.0.20 or 2001:db8::1", checkIP, false},
	"ipv6":        {"an IPv6 address such as 2001:db8::1", checkIPv6, false},
	"cidr":        {"an IPv4 CIDR such as 10.0.0.0/24", checkCIDR, false},
	"ipv6-cidr":   {"an IPv6 CIDR such as 2001:db8:0:1::/64", checkIPv6CIDR, false},
	"ip-cidr":     {"a CIDR such as 10.0.0.16/28 or 2001:db8:0:1::/80", checkIPCIDR, false},
	"mac":         {"six pairs of hex digits with colons, unicast, such as 00:16:3e:12:e7:27", checkMAC, false},
	"date-time":   {"an RFC 3339 time such as 2026-11-23T00:00:00Z", checkTime, false},
	"ports":       {`a port such as 443, or a range such as "8000-8100"`, checkPorts, false},
	"hostname":    {"a host name of at most 253 letters, digits, dashes and dots", checkHostname, false},
	"cron":        {`five fields such as "0 2 * * 6"`, checkCron, false},
	"go-duration": {"a positive duration such as 2h30m", checkDuration, false},
	"time-zone":   {"a name of the IANA time zone database such as Asia/Tokyo", checkZone, false},
	"target":      {"KIND/NAME, such as EIP/web", checkTarget, false},
	"openssh-key": {"one line of ssh-ed25519 or ssh-rsa, base64 and a comment: the .pub file", checkOpenSSHKey, true},
}

func checkIP(s string) string {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return "is not an IP address"
	case a.Zone() != "" || a.Is4In6():
		return "is an IPv6 address of a form that is not taken"
	}
	return ""
}

func checkIPv4(s string) string {
	if a, err := netip.ParseAddr(s); err != nil || !a.Is4() {
		return "is not an IPv4 address"
	}
	return ""
}

func checkIPv6(s string) string {
	if a, err := netip.ParseAddr(s); err != nil || !a.Is6() {
		return "is not an IPv6 address"
	}
	return checkIP(s)
}

func checkCIDR(s string) string {
	if p, err := netip.ParsePrefix(s); err != nil || !p.Addr().Is4() {
		return "is not an IPv4 CIDR"
	}
	return checkIPCIDR(s)
}

func checkIPv6CIDR(s string) string {
	if p, err := netip.ParsePrefix(s); err != nil || !p.Addr().Is6() {
		return "is not an IPv6 CIDR"
	}
	return checkIPCIDR(s)
}

func checkIPCIDR(s string) string {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return "is not a CIDR"
	case p.Addr().Is4In6():
		return "is an IPv6 CIDR of a form that is not taken"
	case p != p.Masked():
		return fmt.Sprintf("has host bits; the right form is %s", p.Masked())
	}
	return ""
}

func checkMAC(s string) string {
	if len(s) != 17 {
		return "is not a MAC address"
	}
	zero := true
	for i := range 17 {
		switch c := s[i] | 0x20; {
		case i%3 == 2:
			if s[i] != ':' {
				return "is not a MAC address in the form with colons"
			}
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
			zero = zero && s[i] == '0'
		default:
			return "is not a MAC address"
		}
	}
	if zero {
		return "is the MAC address of nothing"
	}
	if strings.ContainsRune("13579bBdDfF", rune(s[1])) {
		return "is a multicast MAC address"
	}
	return ""
}

func checkTime(s string) string {
	if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
		return "is not an RFC 3339 time"
	}
	return ""
}

func checkPorts(s string) string {
	low, high, isRange := strings.Cut(s, "-")
	from, ok := port(low)
	if ok && isRange {
		var to int
		to, ok = port(high)
		ok = ok && from <= to
	}
	if !ok {
		return "is not a port or a range of ports"
	}
	return ""
}

func port(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 65535 && strconv.Itoa(n) == s
}

func checkHostname(s string) string {
	if s == "" || len(s) > 253 || strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return "is not a host name"
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "is not a host name"
		}
	}
	return ""
}

// checkCron refuses what the library takes beyond five fields: descriptors, and
// a time zone, which has a field of its own.
func checkCron(s string) string {
	if strings.HasPrefix(s, "@") || strings.Contains(s, "=") {
		return "is not a cron schedule of five fields"
	}
	if _, err := cron.ParseStandard(s); err != nil {
		return "is not a cron schedule"
	}
	return ""
}

func checkDuration(s string) string {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return "is not a duration"
	case d <= 0:
		return "is not a positive duration"
	}
	return ""
}

// checkZone refuses Local, which is another zone on every machine.
func checkZone(s string) string {
	if _, err := time.LoadLocation(s); err != nil || s == "" || s == "Local" {
		return "is not a time zone"
	}
	return ""
}

func checkTarget(s string) string {
	var r Ref
	if r.UnmarshalText([]byte(s)) != nil || !isName(r.Name) {
		return "is not KIND/NAME"
	}
	if rowOf(r.Kind) == nil {
		return fmt.Sprintf("names the kind %s, which there is not%s", shown(string(r.Kind)), didYouMean(string(r.Kind), kindNames()))
	}
	return ""
}

// isName reports whether s is a DNS label.
func isName(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func kindNames() []string {
	names := make([]string, len(kinds))
	for i, row := range kinds {
		names[i] = string(row.kind)
	}
	return names
}
