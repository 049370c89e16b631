package cloud

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
)

// TestAdviseAWS: what is said of instances on AWS, their target groups and
// endpoints; a retirement is named in a plan that touches nothing.
func TestAdviseAWS(t *testing.T) {
	const files = `
kind: Instance
metadata: {name: alone}
spec: {type: m5.large, image: ami-0123456789abcdef0, subnet: a, securityGroups: [web], sessionManager: true, keyPair: key}
---
kind: Instance
metadata: {name: store}
spec: {type: x9.large, image: debian-12, subnet: a, securityGroups: [web], rootDevice: instance-store}
---
kind: Instance
metadata: {name: stopped}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web], power: stopped}
---
kind: Instance
metadata: {name: reached}
spec: {type: m5.large, image: debian-12, subnet: c, securityGroups: [far], sessionManager: true}
---
kind: KeyPair
metadata: {name: key}
spec: {region: cn-hangzhou}
---
kind: TargetGroup
metadata: {name: one}
spec: {vpc: prod, targets: [alone, stopped]}
---
kind: TargetGroup
metadata: {name: two}
spec: {vpc: prod, targets: [alone, store]}
---
kind: VPCEndpoint
metadata: {name: s}
spec: {vpc: prod, service: ssm, subnets: [a], securityGroups: [web]}
---
kind: VPC
metadata: {name: far}
spec: {account: main, region: cn-hangzhou, cidr: 10.5.0.0/16}
---
kind: Subnet
metadata: {name: c}
spec: {vpc: far, zone: cn-hangzhou-a, cidr: 10.5.0.0/24}
---
kind: SecurityGroup
metadata: {name: far}
spec: {vpc: far}
---
kind: VPCEndpoint
metadata: {name: s1}
spec: {vpc: far, service: ssm, subnets: [c], securityGroups: [far]}
---
kind: VPCEndpoint
metadata: {name: s2}
spec: {vpc: far, service: com.amazonaws.cn-hangzhou.ssmmessages, subnets: [c], securityGroups: [far]}
---
kind: VPCEndpoint
metadata: {name: s3}
spec: {vpc: far, service: com.amazonaws.cn-hangzhou.ec2messages, subnets: [c], securityGroups: [far]}
`
	const state = `
kind: Instance
metadata: {name: retiring}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.9, retirement: {notBefore: 2026-12-01T08:00:00+08:00}}
---
kind: Instance
metadata: {name: soon}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
status: {phase: stopped, privateIP: 10.0.0.8, retirement: {}}
`
	v := plan.NewView(World(documents(t, "state.yaml", base(t, "aws"), state)), World(documents(t, "files.yaml", base(t, "aws"), files)), benchTime)
	notices := []string{
		"Instance/retiring instance.retirement.notice: the host that it runs on is to be retired, not before 2026-12-01T00:00:00Z: raise relocation, which stops and starts it; a reboot does not move it",
		"Instance/soon instance.retirement.notice: the host that it runs on is to be retired, soon: raise relocation, which stops and starts it; a reboot does not move it",
	}
	if diff := cmp.Diff(notices, advice(v)); diff != "" {
		t.Errorf("advice of an empty plan (-want +got):\n%s", diff)
	}
	said := []string{
		"Instance/alone instance.key-pair.ssm: it is reached through Session Manager and needs no key pair",
		"Instance/alone ssm.endpoints: Session Manager needs interface endpoints in VPC/prod, which lacks ec2messages, ssmmessages",
		"Instance/alone ssm.endpoints: its image ami-0123456789abcdef0 is a custom one: the agent of Session Manager has to be on it",
		notices[0], notices[1],
		"Instance/store instance.store-root: its root is an instance store: it cannot be stopped, and its data goes with it",
		"Instance/store instance.type-unknown: the type x9.large is not in the tables, so that its limits cannot be checked",
		"TargetGroup/one instance.drain.redundancy: Instance/alone is its only target that is to run: while it is stopped nobody takes the traffic",
	}
	if diff := cmp.Diff(said, advice(v, "alone", "store", "stopped", "reached")); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}

// advice answers what is said of a plan that touches the instances.
func advice(v *plan.View, instances ...string) (lines []string) {
	var targets []plan.Ref
	for _, n := range instances {
		targets = append(targets, instanceRef(n))
	}
	for _, a := range Advise(v, targets) {
		lines = append(lines, fmt.Sprintf("%s %s: %s", a.Target, a.Rule, a.Detail))
	}
	return lines
}
