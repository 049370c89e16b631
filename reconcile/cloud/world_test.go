package cloud

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"enid/schema"
)

// alibaba is a small world: web-1 runs, web-2 is stopped, old is classic.
const alibabaWorld = `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: alibaba, quotas: {enisPerRegion: 5}}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {account: main, region: cn-a, cidr: 10.0.0.0/16, ipv6CIDR: "2001:db8::/56"}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: other}, spec: {account: main, region: cn-a, cidr: 10.0.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: a}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.0.0/24, ipv6CIDR: "2001:db8::/64"}, status: {usedIPs: [10.0.0.2, "2001:db8::2"]}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: a2}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.2.0/24}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: b}, spec: {vpc: prod, zone: cn-a-2, cidr: 10.0.1.0/29}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: x}, spec: {vpc: other, zone: cn-a-1, cidr: 10.0.0.0/24}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: web}, spec: {vpc: prod}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: far}, spec: {vpc: other}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: web-1}
spec: {type: ecs.g5.large, image: centos-7.2-64, subnet: a, securityGroups: [web], publicIP: {bandwidthMbps: 5}}
status: {phase: running, privateIP: 10.0.0.10, createdAt: 2026-11-22T20:00:00Z, publicIP: {changes: 2}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: web-2}
spec: {type: ecs.g5.large, image: centos-7.2-64, subnet: a, securityGroups: [web], power: stopped, billing: {method: subscription}}
status: {phase: stopped, privateIP: 10.0.0.11}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: old}
spec: {type: ecs.c1.large, image: centos-6.8-64, networkType: classic, account: main, region: cn-a, zone: cn-a-1}
status: {phase: stopped, privateIP: 10.1.1.1}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: free}
spec: {subnet: a, securityGroups: [web]}
status: {phase: available, privateIP: 10.0.0.20}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: used}
spec: {subnet: a, securityGroups: [web], attachTo: {instance: web-2}}
status: {phase: in-use, privateIP: 10.0.0.21, instance: web-2, deviceIndex: 1}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: zone-2}
spec: {subnet: b, securityGroups: [web]}
status: {phase: available, privateIP: 10.0.1.1}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: coming}
spec: {subnet: a2, securityGroups: [web]}
status: {phase: creating, privateIP: 10.0.2.30}
---
{apiVersion: enid/v1, kind: EIP, metadata: {name: loose}, spec: {account: main, region: cn-a}, status: {phase: available}}
---
apiVersion: enid/v1
kind: EIP
metadata: {name: bound}
spec: {account: main, region: cn-a, bindTo: {instance: web-2}}
status: {phase: in-use, boundTo: {instance: web-2}}
`

const awsWorld = `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: aws}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {account: main, region: us-1, cidr: 10.0.0.0/16, ipv6CIDR: "2001:db8::/56"}}
---
apiVersion: enid/v1
kind: Subnet
metadata: {name: a}
spec: {vpc: prod, zone: us-1a, cidr: 10.0.0.0/26, ipv6CIDR: "2001:db8::/64", reservations: [{cidr: 10.0.0.16/28, type: prefix}]}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: web}, spec: {vpc: prod}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: web-1}
spec: {type: m5.large, image: ami-1, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.34}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: local}
spec: {type: m5.large, image: ami-1, subnet: a, securityGroups: [web], rootDevice: instance-store, terminationProtection: false}
status: {phase: running, privateIP: 10.0.0.4, terminationProtection: false}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: leg}
spec: {subnet: a, securityGroups: [web], attachTo: {instance: local}}
status: {phase: in-use, privateIP: 10.0.0.5, instance: local, deviceIndex: 1}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: nat}
spec: {subnet: a, securityGroups: [web], managedBy: natGateway}
status: {phase: in-use, privateIP: 10.0.0.6}
---
{apiVersion: enid/v1, kind: EIP, metadata: {name: bound}, spec: {account: main, region: us-1, bindTo: {eni: leg}}, status: {phase: in-use, boundTo: {eni: leg}}}
`

// docs reads documents as `enid import` does.
func docs(t testing.TB, yaml string) []*schema.Resource {
	t.Helper()
	f := schema.ParseImport("world.yaml", []byte(yaml))
	for _, x := range f.Findings {
		if !x.Advice {
			t.Fatal(x)
		}
	}
	return f.Resources
}

func ref(t testing.TB, s string) (r schema.Ref) {
	t.Helper()
	if err := r.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return r
}

// noon is when the calls of tests are made.
func noon() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// do makes a call; spec is what is wanted of the target, empty for nothing.
func do(t testing.TB, d *Driver, op, target, spec string) (Changes, error) {
	t.Helper()
	return doItem(t, d, op, target, "", spec)
}

// doItem makes a call on a part of the target.
func doItem(t testing.TB, d *Driver, op, target, item, spec string) (Changes, error) {
	t.Helper()
	call := Call{Op: op, Operation: op, Target: ref(t, target), Item: item, At: noon(), Account: d.memory.Get(ref(t, "Account/main"))}
	if spec != "" {
		kind, name, _ := strings.Cut(target, "/")
		call.Want = docs(t, fmt.Sprintf("{apiVersion: enid/v1, kind: %s, metadata: {name: %s}, spec: %s}", kind, name, spec))[0]
	}
	return d.Do(t.Context(), call)
}

func must(t testing.TB, d *Driver, op, target, spec string) Changes {
	t.Helper()
	return mustItem(t, d, op, target, "", spec)
}

func mustItem(t testing.TB, d *Driver, op, target, item, spec string) Changes {
	t.Helper()
	c, err := doItem(t, d, op, target, item, spec)
	if err != nil {
		t.Fatalf("%s %s %s: %v", op, target, item, err)
	}
	return c
}

func codeOf(err error) string {
	var api *APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.Code
	}
	return err.Error()
}

func get[S any](t testing.TB, d *Driver, name string) S {
	t.Helper()
	r := d.memory.Get(ref(t, name))
	if r == nil {
		t.Fatalf("%s is not there", name)
	}
	if s, ok := r.Status.(S); ok {
		return s
	}
	return r.Spec.(S)
}
