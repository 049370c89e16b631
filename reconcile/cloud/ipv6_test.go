package cloud

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/schema"
)

// TestIPv6 gives and takes IPv6 beside IPv4, from the VPC's CIDR to a prefix of an
// ENI, and back: each call leaves the other family alone.
func TestIPv6(t *testing.T) {
	d := New(docs(t, awsWorld), Options{})
	texts := func(name string) (out []string) {
		s := get[*schema.ENIStatus](t, d, name)
		for _, a := range s.SecondaryIPs {
			out = append(out, a.String())
		}
		for _, p := range s.Prefixes {
			out = append(out, p.String())
		}
		return out
	}
	want := func(name string, list ...string) {
		t.Helper()
		if diff := cmp.Diff(list, texts(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	const both = `{subnet: a, securityGroups: [web], secondaryIPs: [10.0.0.40, "2001:db8::40"], prefixes: ["2001:db8:0:0:1::/80"]}`
	must(t, d, "eni.assign-ipv6", "ENI/leg", both)
	want("ENI/leg", "2001:db8::40", "2001:db8:0:0:1::/80")
	must(t, d, "eni.assign", "ENI/leg", both)
	want("ENI/leg", "2001:db8::40", "10.0.0.40", "2001:db8:0:0:1::/80")

	must(t, d, "eni.create", "ENI/new", `{subnet: a, securityGroups: [web]}`)
	const inside = `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8:0:0:1::7"]}`
	const around = `{subnet: a, securityGroups: [web], prefixes: ["2001:db8:0:0:1::/80"]}`
	for spec, code := range map[string]string{inside: "InvalidIPAddress.InUse", around: "InsufficientCidrBlocks"} {
		if _, err := do(t, d, "eni.assign-ipv6", "ENI/new", spec); codeOf(err) != code {
			t.Errorf("%s: %v, want %s", spec, err, code)
		}
	}
	must(t, d, "eni.unassign-ipv6", "ENI/leg", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8::40"]}`)
	want("ENI/leg", "2001:db8::40", "10.0.0.40")
	must(t, d, "eni.assign-ipv6", "ENI/new", inside)

	const without = `{vpc: prod, zone: us-1a, cidr: 10.0.0.0/26}`
	if _, err := do(t, d, "subnet.disassociate-ipv6", "Subnet/a", without); codeOf(err) != "DependencyViolation" {
		t.Error(err)
	}
	must(t, d, "eni.unassign-ipv6", "ENI/new", `{subnet: a, securityGroups: [web]}`)
	must(t, d, "eni.unassign-ipv6", "ENI/leg", `{subnet: a, securityGroups: [web], secondaryIPCount: 1}`)
	want("ENI/leg", "10.0.0.40")
	must(t, d, "subnet.disassociate-ipv6", "Subnet/a", without)
	must(t, d, "vpc.disassociate-ipv6", "VPC/prod", `{account: main, region: us-1, cidr: 10.0.0.0/16}`)
	if s := d.memory.Get(ref(t, "VPC/prod")).Spec.(*schema.VPCSpec); s.IPv6CIDR.IsValid() {
		t.Errorf("the VPC has %s still", s.IPv6CIDR)
	}
	must(t, d, "vpc.associate-ipv6", "VPC/prod", `{account: main, region: us-1, cidr: 10.0.0.0/16, ipv6CIDR: "2001:db8:0:100::/56"}`)
	must(t, d, "subnet.associate-ipv6", "Subnet/a", `{vpc: prod, zone: us-1a, cidr: 10.0.0.0/26, ipv6CIDR: "2001:db8:0:101::/64"}`)
	must(t, d, "eni.assign-ipv6", "ENI/leg", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8:0:101::40"]}`)
}
