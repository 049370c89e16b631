package cloud

import "testing"

// TestRefusalsOfLinks is the clouds' side of what joins networks.
func TestRefusalsOfLinks(t *testing.T) {
	cases := []struct{ rule, op, target, spec, code string }{
		{"peering", "peering.create", "Peering/new", `{vpcs: [prod, north]}`, ""},
		{"peering", "peering.create", "Peering/new", `{vpcs: [prod, nowhere]}`, "InvalidVpcId.NotFound"},
		{"peering", "peering.create", "Peering/both", `{vpcs: [prod, other]}`, "Operation.Conflict"},
		{"peering", "peering.delete", "Peering/none", "", "InvalidRouterInterfaceId.NotFound"},
		{"delete.unreferenced", "vpc.delete", "VPC/other", "", "DependencyViolation"},
		{"classic-link", "classic-link.create", "ClassicLink/new", `{instance: old, vpc: other}`, ""},
		{"classic-link", "classic-link.create", "ClassicLink/new", `{instance: web-1, vpc: prod}`, "OperationDenied"},
		{"classic-link", "classic-link.create", "ClassicLink/new", `{instance: old, vpc: north}`, "InvalidInstanceId.LimitedRegion"},
		{"classic-link.status", "classic-link.create", "ClassicLink/new", `{instance: older, vpc: north}`, "InvalidStatus.InstanceStatus"},
		{"classic-link", "classic-link.create", "ClassicLink/new", `{instance: none, vpc: prod}`, "InvalidInstanceId.NotFound"},
		{"classic-link", "classic-link.delete", "ClassicLink/bridge", "", ""},
		{"instance.billing", "instance.billing", "Instance/older", `{type: t, image: i, networkType: classic, billing: {method: subscription}}`, "IncorrectInstanceStatus"},
		{"instance.billing", "instance.billing", "Instance/web-1", `{type: t, image: i, subnet: a, billing: {method: subscription}}`, ""},
		{"instance.root-volume", "instance.root-volume", "Instance/web-1", `{type: t, image: i, subnet: a, rootVolume: {sizeGiB: 40}}`, "OperationDenied"},
		{"instance.retirement", "instance.relocate", "Instance/web-2", `{type: t, image: i, subnet: a, relocation: 1}`, "OperationDenied"},
		{"cloud.field", "image.create", "Image/new", `{account: main, region: cn-a, fromInstance: web-1}`, "OperationDenied"},
		{"cloud.field", "target-group.create", "TargetGroup/new", `{vpc: prod}`, "OperationDenied"},
		{"cloud.field", "volume.create", "Volume/new", `{account: main, zone: cn-a-1, type: gp3, sizeGiB: 20}`, "OperationDenied"},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.target, func(t *testing.T) {
			refusal(t, New(docs(t, alibabaMore), Options{}), c.op, c.target, "", c.spec, c.code)
		})
	}
}

func refusal(t *testing.T, d *Driver, op, target, item, spec, code string) {
	t.Helper()
	if _, err := doItem(t, d, op, target, item, spec); codeOf(err) != code {
		t.Errorf("%s %s %s %s: %v, want %q", op, target, item, spec, err, code)
	}
}

// TestRefusalsOfStorage is the cloud's side of volumes, snapshots, images and keys.
func TestRefusalsOfStorage(t *testing.T) {
	volume := func(more string) string { return `{account: main, zone: us-1a, sizeGiB: 20, ` + more + `}` }
	cases := []struct{ rule, op, target, item, spec, code string }{
		{"volume.create", "volume.create", "Volume/new", "", volume("type: gp3, iops: 4000, throughputMiBps: 200"), ""},
		{"volume.iops", "volume.create", "Volume/new", "", volume("type: gp2, iops: 4000"), "InvalidParameterCombination"},
		{"volume.throughput", "volume.create", "Volume/new", "", volume("type: io2, iops: 4000, throughputMiBps: 200"), "InvalidParameterCombination"},
		{"volume.multi-attach", "volume.create", "Volume/new", "", volume("type: gp3, multiAttach: true"), "InvalidParameterCombination"},
		{"volume.create", "volume.create", "Volume/new", "", volume("type: gp3, fromSnapshot: nightly"), ""},
		{"volume.create", "volume.create", "Volume/new", "", volume("type: gp3, fromSnapshot: none"), "InvalidSnapshot.NotFound"},
		{"volume.create", "volume.create", "Volume/new", "", volume("type: gp3, fromSnapshot: snap-1"), ""},
		{"volume.same-zone", "volume.attach", "Volume/spare", "db", volume("type: gp2, attachTo: [{instance: db, device: /dev/xvdb}]"), "InvalidVolume.ZoneMismatch"},
		{"volume.attach", "volume.attach", "Volume/spare", "web-1", volume("type: gp2, attachTo: [{instance: web-1, device: /dev/xvdc}]"), ""},
		{"volume.attach", "volume.attach", "Volume/spare", "web-1", volume("type: gp2, attachTo: [{instance: web-1, device: /dev/xvdb}]"), "InvalidDevice.InUse"},
		{"volume.attach", "volume.attach", "Volume/spare", "web-1", volume("type: gp2, attachTo: [{instance: far, device: /dev/xvdb}]"), "InvalidParameterValue"},
		{"volume.attach", "volume.attach", "Volume/spare", "none", volume("type: gp2, attachTo: [{instance: none, device: /dev/xvdb}]"), "InvalidInstanceID.NotFound"},
		{"volume.attach", "volume.attach", "Volume/none", "web-1", volume("type: gp2, attachTo: [{instance: web-1, device: /dev/xvdb}]"), "InvalidVolume.NotFound"},
		{"volume.attach", "volume.attach", "Volume/coming", "web-1", volume("type: gp2, attachTo: [{instance: web-1, device: /dev/xvdc}]"), "IncorrectState"},
		{"volume.multi-attach", "volume.attach", "Volume/data", "local", volume("type: gp3, attachTo: [{instance: web-1, device: /dev/xvdb}, {instance: local, device: /dev/xvdb}]"), "VolumeInUse"},
		{"volume.multi-attach", "volume.attach", "Volume/shared", "web-1", volume("type: io2, iops: 200, multiAttach: true, attachTo: [{instance: web-1, device: /dev/xvdc}]"), ""},
		{"volume.multi-attach", "volume.attach", "Volume/shared", "far", volume("type: io2, iops: 200, multiAttach: true, attachTo: [{instance: far, device: /dev/xvdd}]"), "VolumeInUse"},
		{"volume.multi-attach", "volume.modify", "Volume/shared", "", volume("type: io2, iops: 200"), ""},
		{"volume.multi-attach", "volume.modify", "Volume/shared", "", volume("type: io1, iops: 200, multiAttach: true"), "InvalidParameterCombination"},
		{"volume.multi-attach", "volume.modify", "Volume/data", "", volume("type: io2, iops: 200, multiAttach: true"), "InvalidParameterCombination"},
		{"volume.multi-attach", "volume.modify", "Volume/spare", "", volume("type: io2, iops: 200, multiAttach: true"), ""},
		{"volume.multi-attach", "volume.modify", "Volume/spare", "", volume("type: gp3, multiAttach: true"), "InvalidParameterCombination"},
		{"volume.multi-attach", "volume.modify", "Volume/old", "", volume("type: io1, iops: 200, multiAttach: true"), "InvalidParameterCombination"},
		{"volume.multi-attach", "volume.attach", "Volume/shared", "xen", volume("type: io2, iops: 200, multiAttach: true, attachTo: [{instance: xen, device: /dev/xvdc}]"), "InvalidParameterCombination"},
		{"volume.detach-running", "volume.detach", "Volume/data", "web-1", volume("type: gp3"), "IncorrectState"},
		{"volume.detach-running", "volume.detach", "Volume/scratch", "far", volume("type: gp3"), ""},
		{"volume.detach-running", "volume.detach", "Volume/spare", "web-1", volume("type: gp2"), "InvalidAttachment.NotFound"},
		{"volume.grow-only", "volume.modify", "Volume/data", "", `{account: main, zone: us-1a, sizeGiB: 10, type: gp3}`, "InvalidParameterValue"},
		{"volume.grow-only", "volume.modify", "Volume/data", "", `{account: main, zone: us-1a, sizeGiB: 30, type: io1, iops: 300}`, ""},
		{"volume.iops", "volume.modify", "Volume/data", "", `{account: main, zone: us-1a, sizeGiB: 30, type: st1, iops: 300}`, "InvalidParameterCombination"},
		{"volume.delete", "volume.delete", "Volume/data", "", "", "VolumeInUse"},
		{"volume.delete", "volume.delete", "Volume/coming", "", "", "IncorrectState"},
		{"volume.delete", "volume.delete", "Volume/spare", "", "", ""},
		{"volume.delete-on-termination", "volume.delete-on-termination", "Volume/data", "web-1", volume("type: gp3, attachTo: [{instance: web-1, device: /dev/xvdb, deleteOnTermination: true}]"), ""},
		{"volume.delete-on-termination", "volume.delete-on-termination", "Volume/data", "far", volume("type: gp3"), "InvalidParameterValue"},
		{"snapshot", "snapshot.create", "Snapshot/new", "", `{of: {volume: data}}`, ""},
		{"snapshot", "snapshot.create", "Snapshot/new", "", `{of: {instance: web-1}}`, ""},
		{"snapshot", "snapshot.create", "Snapshot/new", "", `{of: {instance: going}}`, "IncorrectInstanceState"},
		{"snapshot", "snapshot.create", "Snapshot/new", "", `{of: {volume: none}}`, "InvalidVolume.NotFound"},
		{"snapshot", "snapshot.create", "Snapshot/new", "", `{of: {volume: coming}}`, "IncorrectState"},
		{"snapshot", "snapshot.delete", "Snapshot/none", "", "", "InvalidSnapshot.NotFound"},
		{"image", "image.create", "Image/new", "", `{account: main, region: us-1, fromInstance: web-1}`, ""},
		{"image", "image.create", "Image/new", "", `{account: main, region: us-1, fromInstance: none}`, "InvalidInstanceID.NotFound"},
		{"image", "image.create", "Image/new", "", `{account: main, region: us-1}`, "MissingParameter"},
		{"image.share", "image.share", "Image/none", "", `{account: main, region: us-1}`, "InvalidAMIID.NotFound"},
		{"image", "image.delete", "Image/golden", "", "", ""},
		{"key-pair", "key-pair.create", "KeyPair/ops", "", `{account: main, region: us-1}`, "IncorrectState"},
		{"key-pair", "key-pair.delete", "KeyPair/none", "", "", "InvalidKeyPair.NotFound"},
		{"key-pair", "instance.create", "Instance/new", "", `{type: m5.large, image: ami-1, subnet: a, securityGroups: [web], keyPair: none}`, "InvalidKeyPair.NotFound"},
		{"key-pair", "instance.create", "Instance/new", "", `{type: m5.large, image: ami-1, subnet: a, securityGroups: [web], keyPair: ops}`, ""},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.target, func(t *testing.T) {
			refusal(t, New(docs(t, awsMore), Options{}), c.op, c.target, c.item, c.spec, c.code)
		})
	}
}

// TestRefusalsOfServices is the cloud's side of target groups, endpoints, mirrors
// and of what an instance's hardware is.
func TestRefusalsOfServices(t *testing.T) {
	const instance = `{type: m5.large, image: ami-1, subnet: z, securityGroups: [web], keyPair: ops`
	cases := []struct{ rule, op, target, item, spec, code string }{
		{"target-group", "target-group.create", "TargetGroup/new", "", `{vpc: none}`, "InvalidVpcID.NotFound"},
		{"target-group", "target-group.register", "TargetGroup/front", "local", `{vpc: prod, targets: [web-1, local]}`, ""},
		{"target-group", "target-group.register", "TargetGroup/front", "db", `{vpc: prod, targets: [web-1, db]}`, "InvalidTarget"},
		{"target-group", "target-group.register", "TargetGroup/front", "far", `{vpc: prod, targets: [web-1, far]}`, "InvalidTarget"},
		{"target-group", "target-group.register", "TargetGroup/front", "web-1", `{vpc: prod, targets: [web-1]}`, "IncorrectState"},
		{"target-group", "target-group.deregister", "TargetGroup/front", "web-1", `{vpc: prod, targets: [web-1]}`, ""},
		{"target-group", "target-group.deregister", "TargetGroup/front", "db", `{vpc: prod}`, "InvalidTarget"},
		{"target-group", "target-group.delete", "TargetGroup/none", "", "", "TargetGroupNotFound"},
		{"vpc-endpoint.eni", "vpc-endpoint.create", "VPCEndpoint/new", "", `{vpc: prod, service: ssm, subnets: [a, z], securityGroups: [web]}`, ""},
		{"vpc-endpoint.eni", "vpc-endpoint.create", "VPCEndpoint/new", "", `{vpc: prod, service: ssm, subnets: [o]}`, "InvalidSubnetID.NotFound"},
		{"vpc-endpoint.eni", "vpc-endpoint.create", "VPCEndpoint/new", "", `{vpc: prod, service: ssm, subnets: [a], securityGroups: [far]}`, "InvalidParameterValue"},
		{"vpc-endpoint.eni", "vpc-endpoint.create", "VPCEndpoint/new", "", `{vpc: prod, service: s3, type: Gateway, subnets: [a]}`, "InvalidParameterValue"},
		{"vpc-endpoint.eni", "vpc-endpoint.modify", "VPCEndpoint/none", "", `{vpc: prod, service: ssm}`, "InvalidVpcEndpointId.NotFound"},
		{"delete.unreferenced", "subnet.delete", "Subnet/a", "", "", "DependencyViolation"},
		{"mirror.same-vpc", "traffic-mirror.create", "TrafficMirror/new", "", `{source: {eni: leg}, target: {eni: away}}`, "InvalidParameterValue"},
		{"mirror.same-vpc", "traffic-mirror.create", "TrafficMirror/new", "", `{source: {eni: away}, target: {vpcEndpoint: ssm}}`, ""},
		{"mirror", "traffic-mirror.create", "TrafficMirror/new", "", `{source: {eni: leg}, target: {vpcEndpoint: none}}`, "InvalidVpcEndpointId.NotFound"},
		{"mirror", "traffic-mirror.delete", "TrafficMirror/none", "", "", "InvalidTrafficMirrorSessionNotFound"},
		{"mirror", "eni.delete", "ENI/probe", "", "", "InvalidNetworkInterface.InUse"},
		{"instance.retirement", "instance.relocate", "Instance/db", "", instance + `, relocation: 1}`, ""},
		{"instance.retirement", "instance.relocate", "Instance/web-1", "", `{type: m5.large, image: ami-1, subnet: a, relocation: 1}`, "IncorrectInstanceState"},
		{"instance.retirement", "instance.relocate", "Instance/local", "", `{type: m5.large, image: ami-1, subnet: a, relocation: 1}`, "UnsupportedOperation"},
		{"volume.grow-only", "instance.root-volume", "Instance/db", "", instance + `, rootVolume: {type: gp3, sizeGiB: 10}}`, "InvalidParameterValue"},
		{"volume.grow-only", "instance.root-volume", "Instance/db", "", instance + `, rootVolume: {type: gp3, sizeGiB: 40}}`, ""},
		{"volume.iops", "instance.root-volume", "Instance/db", "", instance + `, rootVolume: {type: gp2, iops: 4000}}`, "InvalidParameterCombination"},
		{"instance.root-volume", "instance.root-retention", "Instance/local", "", `{type: m5.large, image: ami-1, subnet: a}`, "UnsupportedOperation"},
		{"instance.root-volume", "instance.root-volume", "Instance/local", "", `{type: m5.large, image: ami-1, subnet: a, rootVolume: {sizeGiB: 40}}`, "UnsupportedOperation"},
		{"instance.billing", "instance.billing", "Instance/db", "", instance + `}`, "UnsupportedOperation"},
		{"cloud.field", "classic-link.create", "ClassicLink/new", "", `{instance: far, vpc: prod}`, "UnsupportedOperation"},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.target, func(t *testing.T) {
			refusal(t, New(docs(t, awsMore), Options{}), c.op, c.target, c.item, c.spec, c.code)
		})
	}
}
