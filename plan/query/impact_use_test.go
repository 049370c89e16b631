package query

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"enid/schema"
)

// machineOf answers an instance of a type with ENIs of so many secondary addresses,
// and its Host.
func machineOf(typ string, quota int, host *schema.HostSpec, secondary ...int) *schema.Topology {
	account := &schema.AccountSpec{Provider: schema.AWS}
	if quota > 0 {
		account.Quotas = &schema.Quotas{ENIsPerRegion: quota}
	}
	all := []*schema.Resource{
		resource(schema.KindAccount, "main", account),
		resource(schema.KindVPC, "v", &schema.VPCSpec{Account: "main", Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")}),
		resource(schema.KindSubnet, "s", &schema.SubnetSpec{VPC: "v", Zone: "r-a", CIDR: netip.MustParsePrefix("10.0.0.0/24"), IPv6CIDR: netip.MustParsePrefix("2001:db8::/64")}),
		resource(schema.KindSecurityGroup, "g", &schema.SecurityGroupSpec{VPC: "v"}),
		resource(schema.KindInstance, "i", &schema.InstanceSpec{Subnet: "s", Type: typ, PrivateIP: netip.MustParseAddr("10.0.0.10"), SecurityGroups: []string{"g"}}),
	}
	if host != nil {
		host.Instance = "i"
		all = append(all, resource(schema.KindHost, "i", host))
	}
	for n, more := range secondary {
		all = append(all, resource(schema.KindENI, fmt.Sprintf("e%d", n), &schema.ENISpec{Subnet: "s", SecondaryIPCount: more, SecurityGroups: []string{"g"},
			AttachTo: &schema.Attachment{Instance: "i"}, Guest: &schema.ENIGuest{XPS: "auto"}}))
	}
	return schema.NewTopology(all)
}

// TestImpactOnQuotas holds what is counted of which limit, the fullest first.
func TestImpactOnQuotas(t *testing.T) {
	for _, one := range []struct {
		name    string
		was, is *schema.Topology
		want    []QuotaChange
	}{
		{"an ENI with addresses comes", machineOf("m5.large", 10, nil, 0), machineOf("m5.large", 10, nil, 0, 8), []QuotaChange{
			{Of: "ENIs of Instance/i (m5.large)", Rule: ruleLimitType, Before: 2, After: 3, Limit: 3},
			{Of: "IPv4 addresses and prefixes of ENI/e1 (m5.large)", Rule: ruleLimitType, Before: 0, After: 9, Limit: 10},
			{Of: "secondary ENIs of Account/main in r", Rule: ruleQuotaRegion, Before: 1, After: 2, Limit: 10}}},
		{"a larger type", machineOf("m5.large", 0, nil, 0, 8), machineOf("m5.xlarge", 0, nil, 0, 8), []QuotaChange{
			{Of: "ENIs of Instance/i (m5.xlarge)", Rule: ruleLimitType, Before: 3, After: 3, Limit: 4, LimitBefore: 3},
			{Of: "IPv4 addresses and prefixes of ENI/e1 (m5.xlarge)", Rule: ruleLimitType, Before: 9, After: 9, Limit: 15, LimitBefore: 10}}},
		{"another quota", machineOf("m5.large", 10, nil, 0), machineOf("m5.large", 1, nil, 0), []QuotaChange{
			{Of: "secondary ENIs of Account/main in r", Rule: ruleQuotaRegion, Before: 1, After: 1, Limit: 1, LimitBefore: 10}}},
		{"a type that nothing is known of", machineOf("x9.new", 0, nil), machineOf("x9.new", 0, nil, 3), []QuotaChange{}},
	} {
		if got := Impacts(one.was, one.is).Quotas; !reflect.DeepEqual(got, one.want) {
			t.Errorf("%s:\n%+v\nwanted\n%+v", one.name, got, one.want)
		}
	}
}

// TestImpactToBePlaced holds that addresses which the cloud chooses are counted.
func TestImpactToBePlaced(t *testing.T) {
	got := Impacts(machineOf("m5.large", 0, nil), machineOf("m5.large", 0, nil, 0, 8)).Subnets
	if len(got) != 1 || got[0].UnplacedBefore != 0 || got[0].UnplacedAfter != 10 || got[0].Before.Used != 1 || got[0].After.Used != 1 {
		t.Errorf("%+v", got)
	}
}

// TestImpactOnQueues holds which settings of machines are told.
func TestImpactOnQueues(t *testing.T) {
	change := func(on, setting, was, is, detail string) QueueChange {
		return QueueChange{Host: "Host/i", On: on, Setting: setting, Before: was, After: is, Detail: detail}
	}
	for _, one := range []struct {
		name    string
		was, is *schema.Topology
		want    []QueueChange
	}{
		{"the Host's own", machineOf("m5.large", 0, &schema.HostSpec{}, 0),
			machineOf("m5.large", 0, &schema.HostSpec{Queues: schema.Queues{Count: 2}, RPS: schema.RPS{Mode: "mask", Mask: "3"}, RFS: schema.RFS{Entries: 4096}}, 0), []QueueChange{
				change("", "rfs", "unmanaged", "4096", ""),
				change("ENI/e0", "queues", "auto", "2", ""), change("ENI/e0", "rps", "unmanaged", "mask 3", ""),
				change("primary", "queues", "auto", "2", ""), change("primary", "rps", "unmanaged", "mask 3", "")}},
		{"an ENI comes", machineOf("m5.large", 0, &schema.HostSpec{}), machineOf("m5.large", 0, &schema.HostSpec{}, 0), []QueueChange{
			change("ENI/e0", "queues", "", "auto", "at most 2 by its type"), change("ENI/e0", "xps", "", "auto", "")}},
		{"a larger type", machineOf("m5.large", 0, &schema.HostSpec{}), machineOf("m5.2xlarge", 0, &schema.HostSpec{}), []QueueChange{
			change("primary", "queues", "auto", "auto", "at most 8 by its type, 2 before")}},
		{"the Host goes", machineOf("m5.large", 0, &schema.HostSpec{}), machineOf("m5.large", 0, nil), []QueueChange{}},
	} {
		if got := Impacts(one.was, one.is).Queues; !reflect.DeepEqual(got, one.want) {
			t.Errorf("%s:\n%+v\nwanted\n%+v", one.name, got, one.want)
		}
	}
}
