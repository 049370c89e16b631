package cloud

// alibabaMore is beside alibabaWorld what joins networks.
const alibabaMore = alibabaWorld + `
---
{apiVersion: enid/v1, kind: Peering, metadata: {name: both}, spec: {vpcs: [prod, other]}}
---
{apiVersion: enid/v1, kind: ClassicLink, metadata: {name: bridge}, spec: {instance: old, vpc: prod}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: older}
spec: {type: ecs.c1.large, image: centos-6.8-64, networkType: classic, account: main, region: cn-b, zone: cn-b-1}
status: {phase: stopping, privateIP: 10.1.1.2}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: north}, spec: {account: main, region: cn-b, cidr: 10.9.0.0/16}}
`

// awsMore is beside awsWorld what instances are made of and sit behind: web-1
// runs with data mounted, db is stopped, in another VPC far runs.
const awsMore = awsWorld + `
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: other}, spec: {account: main, region: us-1, cidr: 10.1.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: z}, spec: {vpc: prod, zone: us-1b, cidr: 10.0.1.0/28}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: o}, spec: {vpc: other, zone: us-1a, cidr: 10.1.0.0/24}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: far}, spec: {vpc: other}}
---
{apiVersion: enid/v1, kind: KeyPair, metadata: {name: ops}, spec: {account: main, region: us-1}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: db}
spec: {type: m5.large, image: ami-1, subnet: z, securityGroups: [web], power: stopped, keyPair: ops, rootVolume: {type: gp3, sizeGiB: 20}, terminationProtection: false}
status: {phase: stopped, privateIP: 10.0.1.5, terminationProtection: false, retirement: {notBefore: 2026-12-01T00:00:00Z}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: far}
spec: {type: m5.large, image: ami-1, subnet: o, securityGroups: [far], terminationProtection: false}
status: {phase: running, privateIP: 10.1.0.5, terminationProtection: false}
---
{apiVersion: enid/v1, kind: ENI, metadata: {name: probe}, spec: {subnet: a, securityGroups: [web]}, status: {phase: available, privateIP: 10.0.0.7}}
---
{apiVersion: enid/v1, kind: ENI, metadata: {name: away}, spec: {subnet: o, securityGroups: [far]}, status: {phase: available, privateIP: 10.1.0.7}}
---
apiVersion: enid/v1
kind: Volume
metadata: {name: data}
spec: {account: main, zone: us-1a, type: gp3, sizeGiB: 20, attachTo: [{instance: web-1, device: /dev/xvdb}]}
status: {phase: in-use, sizeGiB: 20, attachedTo: [{instance: web-1, device: /dev/xvdb}]}
---
apiVersion: enid/v1
kind: Volume
metadata: {name: scratch}
spec: {account: main, zone: us-1a, type: gp3, sizeGiB: 20, attachTo: [{instance: far, device: /dev/xvdb, unmounted: true, deleteOnTermination: true}]}
status: {phase: in-use, sizeGiB: 20, attachedTo: [{instance: far, device: /dev/xvdb, deleteOnTermination: true}]}
---
apiVersion: enid/v1
kind: Volume
metadata: {name: shared}
spec: {account: main, zone: us-1a, type: io2, sizeGiB: 20, iops: 200, multiAttach: true, attachTo: [{instance: far, device: /dev/xvdc, deleteOnTermination: true}]}
status: {phase: in-use, sizeGiB: 20, attachedTo: [{instance: far, device: /dev/xvdc, deleteOnTermination: true}]}
---
{apiVersion: enid/v1, kind: Volume, metadata: {name: spare}, spec: {account: main, zone: us-1a, type: gp2, sizeGiB: 20}, status: {phase: available, sizeGiB: 20}}
---
{apiVersion: enid/v1, kind: Volume, metadata: {name: coming}, spec: {account: main, zone: us-1a, type: gp2, sizeGiB: 20}, status: {phase: creating}}
---
{apiVersion: enid/v1, kind: Volume, metadata: {name: old}, spec: {account: main, zone: us-1a, type: io1, sizeGiB: 20, iops: 200}, status: {phase: available}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: xen}
spec: {type: t2.micro, image: ami-1, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.9}
---
{apiVersion: enid/v1, kind: Instance, metadata: {name: going}, spec: {type: t2.micro, image: ami-1, subnet: a, securityGroups: [web]}, status: {phase: stopping, privateIP: 10.0.0.10}}
---
{apiVersion: enid/v1, kind: Snapshot, metadata: {name: nightly}, spec: {of: {volume: data}}}
---
{apiVersion: enid/v1, kind: Image, metadata: {name: golden}, spec: {account: main, region: us-1, fromInstance: web-1}}
---
{apiVersion: enid/v1, kind: TargetGroup, metadata: {name: front}, spec: {vpc: prod, targets: [web-1, db]}, status: {registered: [web-1]}}
---
apiVersion: enid/v1
kind: VPCEndpoint
metadata: {name: ssm}
spec: {vpc: prod, service: ssm, subnets: [a], securityGroups: [web]}
status: {addresses: [{subnet: a, privateIP: 10.0.0.8}]}
---
{apiVersion: enid/v1, kind: TrafficMirror, metadata: {name: watch}, spec: {source: {eni: leg}, target: {eni: probe}}}
`
