package cloud

import (
	"testing"
)

// TestRefusals is the clouds' side of the catalogue: what they would answer to
// calls that the rules forbid, and to the nearest that they allow.
func TestRefusals(t *testing.T) {
	const (
		eniSpec  = `{subnet: a, securityGroups: [web]}`
		instance = `{type: ecs.g5.large, image: centos-7.2-64, subnet: a, securityGroups: [web]`
	)
	cases := []struct{ rule, op, target, spec, code string }{
		{"classic.closed", "instance.create", "Instance/new", `{type: ecs.c1.large, image: centos-6.8-64, networkType: classic, account: main, region: cn-a, zone: cn-a-1}`, "OperationDenied"},
		{"private-ip.at-creation", "instance.create", "Instance/new", instance + `}`, ""},
		{"private-ip.available", "instance.create", "Instance/new", instance + `, privateIP: 10.0.0.20}`, "InvalidPrivateIpAddress.Duplicated"},
		{"private-ip.available", "instance.create", "Instance/new", instance + `, privateIP: 10.0.0.2}`, "InvalidPrivateIpAddress.Duplicated"},
		{"private-ip.in-subnet", "instance.create", "Instance/new", instance + `, privateIP: 10.0.0.253}`, "InvalidPrivateIpAddress.Mismatch"},
		{"private-ip.in-subnet", "eni.create", "ENI/new", `{subnet: a, securityGroups: [web], privateIP: 10.0.9.9}`, "InvalidVSwitchId.IpInvalid"},
		{"private-ip.unique", "eni.create", "ENI/new", `{subnet: x, securityGroups: [far], privateIP: 10.0.0.20}`, ""},
		{"private-ip.change.stopped", "instance.address", "Instance/web-1", instance + `, privateIP: 10.0.0.30}`, "IncorrectInstanceStatus"},
		{"private-ip.change.stopped", "instance.address", "Instance/web-2", instance + `, privateIP: 10.0.0.30}`, ""},
		{"private-ip.change.same-zone", "instance.address", "Instance/web-2", `{type: t, image: i, subnet: b, securityGroups: [web]}`, "InvalidVSwitchId.Mismatch"},
		{"private-ip.change.same-zone", "instance.address", "Instance/web-2", `{type: t, image: i, subnet: x, securityGroups: [web]}`, "InvalidVSwitchId.NotFound"},
		{"private-ip.change.same-zone", "instance.address", "Instance/web-2", `{type: t, image: i, subnet: a2, securityGroups: [web]}`, ""},
		{"private-ip.classic-immutable", "instance.address", "Instance/old", instance + `}`, "OperationDenied"},
		{"public-ip.release.subscription", "instance.public-ip-release", "Instance/web-1", instance + `}`, "ChargeTypeViolation"},
		{"public-ip.assign.late", "instance.public-ip-allocate", "Instance/old", instance + `, publicIP: {bandwidthMbps: 1}}`, "OperationDenied"},
		{"eip.bind.no-nat-ip", "instance.public-ip-allocate", "Instance/web-2", instance + `, publicIP: {bandwidthMbps: 1}}`, "InvalidInstance.EipNotSupport"},
		{"public-ip.assign.late", "instance.public-ip-allocate", "Instance/web-1", instance + `, publicIP: {bandwidthMbps: 1}}`, "AllocatedAlready"},
		{"public-ip.change.stopped", "instance.public-ip-change", "Instance/web-1", instance + `, publicIP: {bandwidthMbps: 5, rotation: 1}}`, "IncorrectInstanceStatus"},
		{"eip.convert.vpc-assigned", "eip.convert", "EIP/new", `{account: main, region: cn-a, convertFrom: {instance: web-2}}`, "OperationDenied"},
		{"eip.convert.vpc-assigned", "eip.convert", "EIP/new", `{account: main, region: cn-a, convertFrom: {instance: old}}`, "OperationDenied"},
		{"eip.convert", "eip.convert", "EIP/new", `{account: main, region: cn-a, convertFrom: {instance: web-1}}`, ""},
		{"eip.bind.no-nat-ip", "eip.bind", "EIP/loose", `{account: main, region: cn-a, bindTo: {instance: web-1}}`, "BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP"},
		{"eip.bind.single", "eip.bind", "EIP/loose", `{account: main, region: cn-a, bindTo: {instance: web-2}}`, "InvalidAssociation.Duplicated"},
		{"eip.bind.single", "eip.bind", "EIP/bound", `{account: main, region: cn-a, bindTo: {instance: web-1}}`, "IncorrectEipStatus"},
		{"classic.no-vpc-features", "eip.bind", "EIP/loose", `{account: main, region: cn-a, bindTo: {instance: old}}`, "OperationDenied"},
		{"eip.bind", "eip.bind", "EIP/loose", `{account: main, region: cn-a, bindTo: {eni: free}}`, ""},
		{"eip.release.unbound", "eip.release", "EIP/bound", "", "IncorrectEipStatus"},
		{"eip.release.unbound", "eip.release", "EIP/loose", "", ""},
		{"eip.unbind", "eip.unbind", "EIP/loose", "", "IncorrectEipStatus"},
		{"eni.limit.instance-type", "eni.attach", "ENI/free", `{subnet: a, securityGroups: [web], attachTo: {instance: web-2}}`, "EniPerInstanceLimitExceeded"},
		{"eni.attach", "eni.attach", "ENI/free", `{subnet: a, securityGroups: [web], attachTo: {instance: web-1}}`, ""},
		{"eni.attach.same-zone", "eni.attach", "ENI/zone-2", `{subnet: b, securityGroups: [web], attachTo: {instance: web-1}}`, "InvalidOperation.AvailabilityZoneMismatch"},
		{"eni.attach.same-vpc", "eni.attach", "ENI/free", `{subnet: a, securityGroups: [web], attachTo: {instance: old}}`, "InvalidOperation.VpcMismatch"},
		{"eni.attach.status", "eni.attach", "ENI/used", `{subnet: a, securityGroups: [web], attachTo: {instance: web-1}}`, "InvalidOperation.InvalidEniState"},
		{"eni.attach.status", "eni.attach", "ENI/coming", `{subnet: a2, securityGroups: [web], attachTo: {instance: web-1}}`, "InvalidOperation.InvalidEniState"},
		{"eni.detach.in-use", "eni.detach", "ENI/free", "", "InvalidOperation.InvalidEniState"},
		{"eni.detach.in-use", "eni.detach", "ENI/used", "", ""},
		{"eni.primary.fixed", "eni.detach", "Instance/web-1", "", "InvalidOperation.DetachPrimaryEniNotAllowed"},
		{"eni.modify.status", "eni.modify", "ENI/coming", eniSpec, "InvalidOperation.InvalidEniState"},
		{"eni.security-groups", "eni.modify", "ENI/free", `{subnet: a, securityGroups: [far]}`, "InvalidSecurityGroupId.NotVpc"},
		{"eni.delete.available", "eni.delete", "ENI/used", "", "InvalidOperation.InvalidEniState"},
		{"eni.delete.available", "eni.delete", "ENI/free", "", ""},
		{"ip.secondary", "eni.assign", "ENI/used", `{subnet: a, securityGroups: [web], secondaryIPCount: 6}`, "InvalidOperation.Ipv4CountExceeded"},
		{"ip.secondary", "eni.assign", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: [10.0.0.21]}`, "InvalidPrivateIpAddress.Duplicated"},
		{"ip.secondary", "eni.assign", "ENI/zone-2", `{subnet: b, securityGroups: [web], secondaryIPCount: 4}`, "InvalidVSwitchId.IpNotEnough"},
		{"ip.secondary", "eni.assign-ipv6", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: [10.0.9.9, "2001:db8::7"]}`, ""},
		{"private-ip.in-subnet", "eni.assign-ipv6", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8:0:1::7"]}`, "InvalidVSwitchId.IpInvalid"},
		{"private-ip.in-subnet", "eni.assign-ipv6", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8::ffff:ffff:ffff:fff7"]}`, "InvalidVSwitchId.IpInvalid"},
		{"private-ip.available", "eni.assign-ipv6", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8::2"]}`, "InvalidPrivateIpAddress.Duplicated"},
		{"ipv6.subnet", "eni.assign-ipv6", "ENI/zone-2", `{subnet: b, securityGroups: [web], secondaryIPs: ["2001:db8::7"]}`, "InvalidVSwitch.Ipv6NotTurnOn"},
		{"eni.limit.instance-type", "eni.assign-ipv6", "ENI/free", `{subnet: a, securityGroups: [web], secondaryIPs: ["2001:db8::11", "2001:db8::12", "2001:db8::13", "2001:db8::14", "2001:db8::15", "2001:db8::16", "2001:db8::17", "2001:db8::18", "2001:db8::19", "2001:db8::1a", "2001:db8::1b"]}`, "InvalidOperation.Ipv6CountExceeded"},
		{"eni.lifecycle", "eni.assign-ipv6", "ENI/coming", `{subnet: a2, securityGroups: [web], secondaryIPs: ["2001:db8::7"]}`, "InvalidOperation.InvalidEniState"},
		{"ipv6.cidr.in-use", "subnet.disassociate-ipv6", "Subnet/a", `{vpc: prod, zone: cn-a-1, cidr: 10.0.0.0/24}`, "DependencyViolation"},
		{"ipv6.cidr.in-use", "vpc.disassociate-ipv6", "VPC/prod", `{account: main, region: cn-a, cidr: 10.0.0.0/16}`, "DependencyViolation"},
		{"ipv6.cidr.in-use", "vpc.associate-ipv6", "VPC/prod", `{account: main, region: cn-a, cidr: 10.0.0.0/16, ipv6CIDR: "2001:db8:0:100::/56"}`, "OperationDenied"},
		{"ipv6.cidr", "vpc.associate-ipv6", "VPC/other", `{account: main, region: cn-a, cidr: 10.0.0.0/16, ipv6CIDR: "2001:db8:0:100::/56"}`, ""},
		{"subnet.in-vpc", "subnet.associate-ipv6", "Subnet/a2", `{vpc: prod, zone: cn-a-1, cidr: 10.0.2.0/24, ipv6CIDR: "2001:db8::/64"}`, "InvalidCidrBlock.Overlapped"},
		{"subnet.in-vpc", "subnet.associate-ipv6", "Subnet/a2", `{vpc: prod, zone: cn-a-1, cidr: 10.0.2.0/24, ipv6CIDR: "2001:db8:0:100::/64"}`, "InvalidCidrBlock.Malformed"},
		{"subnet.in-vpc", "subnet.associate-ipv6", "Subnet/a2", `{vpc: prod, zone: cn-a-1, cidr: 10.0.2.0/24, ipv6CIDR: "2001:db8:0:2::/64"}`, ""},
		{"subnet.in-vpc", "subnet.create", "Subnet/new", `{vpc: other, zone: cn-a-1, cidr: 10.0.5.0/24, ipv6CIDR: "2001:db8:0:2::/64"}`, "InvalidCidrBlock.Malformed"},
		{"instance.lifecycle", "instance.start", "Instance/web-1", "", "IncorrectInstanceStatus"},
		{"instance.lifecycle", "instance.stop", "Instance/web-2", "", "IncorrectInstanceStatus"},
		{"instance.type-change.stopped", "instance.type", "Instance/web-1", instance + `}`, "InvalidInstanceStatus.NotStopped"},
		{"instance.type-change.stopped", "instance.type", "Instance/web-2", `{type: ecs.g6.large, image: i, subnet: a, securityGroups: [web]}`, ""},
		{"subnet.in-vpc", "subnet.create", "Subnet/new", `{vpc: prod, zone: cn-a-1, cidr: 10.0.0.128/25}`, "InvalidCidrBlock.Overlapped"},
		{"delete.unreferenced", "subnet.delete", "Subnet/a", "", "DependencyViolation"},
		{"delete.unreferenced", "vpc.delete", "VPC/prod", "", "DependencyViolation"},
		{"delete.unreferenced", "group.delete", "SecurityGroup/web", "", "DependencyViolation"},
		{"delete.unreferenced", "group.delete", "SecurityGroup/far", "", ""},
		{"create", "vpc.create", "VPC/prod", `{account: main, region: cn-a, cidr: 10.0.0.0/16}`, "Operation.Conflict"},
		{"an unknown row", "eni.paint", "ENI/free", "", `eni.paint ENI/free: there is no operation "eni.paint"`},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.target, func(t *testing.T) {
			d := New(docs(t, alibabaWorld), Options{})
			before := d.memory
			changes, err := do(t, d, c.op, c.target, c.spec)
			if got := codeOf(err); got != c.code {
				t.Errorf("%s %s %s: %v, want %q", c.op, c.target, c.spec, err, c.code)
			}
			if (err == nil) == changes.Empty() || before != d.memory {
				t.Errorf("changes %v with error %v", changes, err)
			}
		})
	}
}

func TestRefusalsOfAWS(t *testing.T) {
	cases := []struct{ rule, op, target, spec, code string }{
		{"instance.termination-protection", "instance.delete", "Instance/web-1", "", "OperationNotPermitted"},
		{"instance.store-root", "instance.stop", "Instance/local", "", "UnsupportedOperation"},
		{"eni.primary.fixed", "instance.address", "Instance/web-1", `{type: m5.large, image: ami-1, subnet: a, securityGroups: [web], privateIP: 10.0.0.40}`, "OperationNotPermitted"},
		{"ec2.public-ip.at-launch", "instance.public-ip-allocate", "Instance/web-1", `{type: m5.large, image: ami-1, subnet: a, securityGroups: [web], publicIP: {}}`, "UnsupportedOperation"},
		{"eni.requester-managed", "eni.detach", "ENI/nat", "", "OperationNotPermitted"},
		{"instance.credits", "instance.credits", "Instance/web-1", `{type: m5.large, image: ami-1, subnet: a, creditSpecification: unlimited}`, "InstanceCreditSpecification.NotSupported"},
		{"prefix.manual", "eni.assign", "ENI/leg", `{subnet: a, securityGroups: [web], prefixes: [10.0.0.48/28]}`, "InvalidParameterValue"},
		{"prefix.manual", "eni.assign", "ENI/leg", `{subnet: a, securityGroups: [web], prefixes: [10.0.0.16/28]}`, ""},
		{"prefix.auto", "eni.assign", "ENI/leg", `{subnet: a, securityGroups: [web], prefixCount: 1}`, ""},
		{"prefix.insufficient", "eni.assign", "ENI/leg", `{subnet: a, securityGroups: [web], prefixCount: 2}`, "InsufficientCidrBlocks"},
		{"prefix.size", "eni.assign-ipv6", "ENI/leg", `{subnet: a, securityGroups: [web], prefixes: ["2001:db8:0:0:1::/80"]}`, ""},
		{"prefix.insufficient", "eni.assign-ipv6", "ENI/leg", `{subnet: a, securityGroups: [web], prefixes: ["2001:db8::/80"]}`, "InsufficientCidrBlocks"},
		{"reservation.in-subnet", "subnet.reserve", "Subnet/a", `{vpc: prod, zone: us-1a, cidr: 10.0.0.0/26, reservations: [{cidr: 10.0.0.0/27}]}`, "InvalidParameterValue"},
		{"eip.bind.single", "eip.release", "EIP/bound", "", "InvalidIPAddress.InUse"},
		{"private-ip.available", "eni.create", "ENI/new", `{subnet: a, securityGroups: [web], privateIP: 10.0.0.5}`, "InvalidIPAddress.InUse"},
		{"eni.security-groups", "eni.create", "ENI/new", `{subnet: a, securityGroups: [nobody]}`, "InvalidGroup.NotFound"},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.target, func(t *testing.T) {
			d := New(docs(t, awsWorld), Options{})
			if _, err := do(t, d, c.op, c.target, c.spec); codeOf(err) != c.code {
				t.Errorf("%s %s %s: %v, want %q", c.op, c.target, c.spec, err, c.code)
			}
		})
	}
}
