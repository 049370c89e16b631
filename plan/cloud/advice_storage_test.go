package cloud

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
)

// TestAdviseStorage: what is worth knowing of volumes, snapshots and images is
// said where it matters, and not where it does not.
func TestAdviseStorage(t *testing.T) {
	const files = `
kind: Instance
metadata: {name: auto}
spec: {type: m5.large, image: centos-7.2-64, subnet: a, securityGroups: [web], autoscaled: true, rootVolume: {sizeGiB: 12, deleteOnTermination: false}}
---
kind: Instance
metadata: {name: bastion, labels: {role: bastion}}
spec: {type: m5.large, image: golden, subnet: a, securityGroups: [web], rootVolume: {sizeGiB: 12}}
---
kind: Volume
metadata: {name: kept}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 30, attachTo: [{instance: auto, device: /dev/sdf}]}
---
kind: Volume
metadata: {name: goes}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 19, attachTo: [{instance: auto, device: /dev/sdg, deleteOnTermination: true}]}
---
kind: Volume
metadata: {name: small}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 19, attachTo: [{instance: bastion, device: /dev/sdf}]}
---
kind: Volume
metadata: {name: grows}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 60}
---
kind: Volume
metadata: {name: saved}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 60}
---
kind: Snapshot
metadata: {name: first}
spec: {of: {volume: saved}}
---
kind: Snapshot
metadata: {name: old}
spec: {of: {volume: grows}}
---
kind: Snapshot
metadata: {name: next}
spec: {of: {volume: small}}
---
kind: Snapshot
metadata: {name: before}
spec: {of: {volume: small}}
---
kind: Image
metadata: {name: golden}
spec: {region: cn-hangzhou, os: {family: centos}}
---
kind: Image
metadata: {name: hasty}
spec: {region: cn-hangzhou, fromInstance: bastion, noReboot: true}
`
	const state = `
kind: Volume
metadata: {name: grows}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 30}
---
kind: Volume
metadata: {name: saved}
spec: {zone: cn-hangzhou-a, type: gp3, sizeGiB: 30}
---
kind: Snapshot
metadata: {name: old}
spec: {of: {volume: grows}}
---
kind: Snapshot
metadata: {name: before}
spec: {of: {volume: small}}
`
	v := plan.NewView(World(documents(t, "state.yaml", base(t, "aws"), state)), World(documents(t, "files.yaml", base(t, "aws"), files)), benchTime)
	targets := []plan.Ref{instanceRef("auto"), instanceRef("bastion"), imageRef("golden"), imageRef("hasty"), snapshotRef("first"), snapshotRef("old"), snapshotRef("next")}
	for _, n := range []string{"kept", "goes", "small", "grows", "saved"} {
		targets = append(targets, volumeRef(n))
	}
	var got []string
	for _, a := range Advise(v, targets) {
		got = append(got, fmt.Sprintf("%s %s", a.Target, a.Rule))
	}
	want := []string{
		"Image/hasty image.create.reboot",
		"Instance/auto image.official", "Instance/auto volume.delete-on-termination.asg", "Instance/auto volume.size-advised",
		"Instance/bastion image.official",
		"Snapshot/first snapshot.frequent",
		"Volume/goes volume.size-advised", "Volume/grows volume.grow-backup", "Volume/kept volume.delete-on-termination.asg",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}
