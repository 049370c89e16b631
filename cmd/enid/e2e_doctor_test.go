//go:build linux

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// report is what `enid host doctor -o json` prints.
type report struct {
	Format, Host string
	Findings     []struct {
		Check, Severity, Interface string
		Seen, Remedy               []string
	}
}

func (l *lab) doctor(code int, args ...string) (r report, checks []string) {
	l.t.Helper()
	text := l.enid(code, append([]string{"host", "doctor", "-o", "json"}, args...)...).out
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Format != "enid.doctor/v1" {
		l.t.Fatalf("%v\n%s", err, text)
	}
	for _, f := range r.Findings {
		if f.Severity != "info" {
			checks = append(checks, f.Check+" "+f.Interface)
		}
	}
	return r, checks
}

// The doctor finds what was done to a machine, says what to do, and once that is
// done says nothing more; it needs no state.
func TestE2EDoctor(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	as := []string{"--host", "web-1", "--path", f.at("topology")}
	for _, key := range []string{"all.rp_filter", "eth0.rp_filter", "eth1.rp_filter", "eth2.rp_filter"} {
		l.must("sysctl", "-qw", "net.ipv4.conf."+key+"=2")
	}
	l.must("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth1.rp_filter=1", "net.ipv4.conf.all.arp_ignore=0", "net.ipv4.conf.all.arp_announce=0")
	l.ip("rule add from 192.0.2.9 lookup 1001 priority 5000")
	_, found := l.doctor(2, as...)
	want := []string{"numbers.shared ", "rp_filter.strict eth1", "arp.flux "}
	if !slices.Equal(found, want) {
		t.Fatalf("found %q", found)
	}
	if out := l.enid(2, append([]string{"host", "doctor"}, as...)...).out; !strings.Contains(out, "spec.sysctls: {arpIgnore: 1, arpAnnounce: 2}") {
		t.Errorf("%s", out)
	}

	f.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  sysctls: {rpFilter: 2, arpIgnore: 1, arpAnnounce: 2}\n")
	l.ip("rule delete priority 5000")
	l.enid(0, append([]string{"host", "apply"}, as...)...)
	if _, found := l.doctor(0, as...); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	for _, link := range []string{"eth0", "eth1", "eth2"} {
		if got := strings.Fields(l.must("sysctl", "-n", "net.ipv4.conf."+link+".rp_filter", "net.ipv4.conf."+link+".arp_ignore", "net.ipv4.conf."+link+".arp_announce")); !slices.Equal(got, []string{"2", "1", "2"}) {
			t.Errorf("%s: %v", link, got)
		}
	}
	l.enid(1, "host", "doctor", "--host", "nobody", "--path", f.at("topology"))
	l.enid(1, "host", "doctor", "-o", "yaml")
}
