package render_test

import (
	"net/netip"
	"strings"
	"testing"

	"enid/plan/query"
	"enid/plan/render"
)

// TestImpactText holds the words, that many names are one line, and that no name
// reaches the terminal as it is.
func TestImpactText(t *testing.T) {
	i := &query.Impact{
		Reach: []query.ReachChange{
			{From: []string{"internet"}, To: []string{"Instance/web-1", "Instance/web-\x1b[31m"}, CIDRs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Except: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
				Opens: []query.Service{{Protocol: "tcp", Ports: "22"}}, Rule: "ssh.path", Reason: "SecurityGroup/web lets tcp 22 through", By: []string{"SecurityGroup/web"}},
			{From: []string{"Instance/a-1", "Instance/a-2", "Instance/a-3", "Instance/a-4"}, To: []string{"Instance/db"},
				Opens: []query.Service{{Protocol: "icmp"}}, Closes: []query.Service{{Protocol: "udp"}}, Rule: "reach.aws", Reason: "no rule lets udp through", By: []string{"SecurityGroup/db"}},
		},
		Subnets: []query.SubnetChange{{Subnet: "Subnet/s", CIDR: "10.0.0.0/24", Before: &query.Counts{Total: 256, Kept: 5, Used: 12}, After: &query.Counts{Total: 256, Kept: 5, Used: 14}, UnplacedAfter: 2}},
		Quotas:  []query.QuotaChange{{Of: "ENIs of Instance/i (m5.large)", Rule: "eni.limit.instance-type", Before: 2, After: 3, Limit: 3}},
		Queues:  []query.QueueChange{{Host: "Host/i", Setting: "rfs", Before: "unmanaged", After: "4096"}, {Host: "Host/i", On: "ENI/e", Setting: "queues", After: "auto", Detail: "at most 2 by its type"}},
		Omitted: 1234,
	}
	var out strings.Builder
	if err := render.ImpactText(&out, i, render.Options{}); err != nil {
		t.Fatal(err)
	}
	want := `
Reach
  + internet (0.0.0.0/0 without 203.0.113.0/24) -> Instance/web-1, Instance/web-\u001b[31m: opens tcp 22
      SecurityGroup/web lets tcp 22 through [ssh.path]
      changed by SecurityGroup/web
  + 4 instances (a-1 … a-4) -> Instance/db: opens icmp
  - 4 instances (a-1 … a-4) -> Instance/db: closes udp
      no rule lets udp through [reach.aws]
      changed by SecurityGroup/db
  ! 1,234 pairs of instances were not compared: there are too many

Addresses
  Subnet/s 10.0.0.0/24: 12 used of 251 -> 14 used of 251 and 2 to be placed

Quotas
  ENIs of Instance/i (m5.large): 2 -> 3 of 3  full [eni.limit.instance-type]

Queues
  Host/i rfs: unmanaged -> 4096
  Host/i ENI/e queues: not there -> auto
      at most 2 by its type
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	if err := render.ImpactText(&out, &query.Impact{}, render.Options{}); err != nil || out.Len() > 0 {
		t.Errorf("%q, %v", out.String(), err)
	}
}
