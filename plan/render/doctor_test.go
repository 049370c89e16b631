package render

import (
	"strings"
	"testing"

	"enid/plan/doctor"
)

func TestDoctor(t *testing.T) {
	r := &doctor.Report{Findings: []doctor.Finding{
		{Check: "networkd.manages", Severity: doctor.Error, Program: "systemd-networkd", Interface: "eth1",
			Seen: []string{"/run/x:1: a\x1b[31m", "::error::b"}, Why: "it does", Remedy: []string{"/etc/x:", "  [Network]", "systemctl restart x"}},
		{Check: "arp.flux", Severity: doctor.Warning, Seen: []string{"s"}, Why: "w", Remedy: []string{"r"}},
	}}
	want := `error    systemd-networkd on eth1  [networkd.manages]
  seen   /run/x:1: a\u001b[31m
         \::error::b
  why    it does
  remedy /etc/x:
           [Network]
         systemctl restart x

warning  this machine  [arp.flux]
  seen   s
  why    w
  remedy r

1 error, 1 warning
`
	var b strings.Builder
	if err := Doctor(&b, r, Options{}); err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	if err := Doctor(&b, &doctor.Report{}, Options{}); err != nil || b.String() != "Nothing gets in enid's way here.\n" {
		t.Errorf("%v %q", err, b.String())
	}
}
