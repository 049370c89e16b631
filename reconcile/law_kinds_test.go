package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"enid/reconcile/store"
	"enid/schema"
)

// seeded answers a lab that begins with what nobody can create any more: on
// Alibaba Cloud a classic instance.
func seeded(t *testing.T, o labOptions, p schema.Provider) *lab {
	t.Helper()
	l := newLab(t, o)
	if p != schema.Alibaba {
		return l
	}
	old := &schema.Resource{Ref: schema.Ref{Kind: schema.KindInstance, Name: "old"},
		Spec:   &schema.InstanceSpec{NetworkType: schema.NetworkClassic, Account: "main", Region: "cn-a", Zone: "cn-a-1", Type: "ecs.c1.large", Image: "centos-6.8-64"},
		Status: &schema.InstanceStatus{Phase: schema.PhaseRunning}}
	if _, err := l.db.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Put: []*schema.Resource{old}}); err != nil {
		t.Fatal(err)
	}
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	o.dir = l.dir
	return newLab(t, o)
}

// kinds draws the kinds around instances and networks.
type kinds struct {
	t         *rapid.T
	doc       func(kind, name, spec string)
	approve   func(target string)
	instances []string
	enis      []string
}

func drawKinds(t *rapid.T, p schema.Provider, docs *[]string, instances []string) {
	k := &kinds{t: t, instances: instances}
	k.doc = func(kind, name, spec string) {
		*docs = append(*docs, fmt.Sprintf("{apiVersion: enid/v1, kind: %s, metadata: {name: %s}, spec: {%s}}", kind, name, spec))
	}
	k.approve = func(target string) {
		*docs = append(*docs, approve("may-"+strings.ToLower(strings.ReplaceAll(target, "/", "-")), "delete", target))
	}
	for i := range 4 {
		if name := fmt.Sprint("x", i); slices.ContainsFunc(*docs, func(d string) bool { return strings.Contains(d, "kind: ENI, metadata: {name: "+name+"}") }) {
			k.enis = append(k.enis, name)
		}
	}
	if k.chance(3) {
		k.doc("Peering", "pair", "vpcs: ["+k.pick("pair", "prod, other", "other, prod")+"]")
	}
	if p == schema.Alibaba {
		k.classic()
		return
	}
	k.services()
	k.storage()
}

func (k *kinds) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(k.t, label)
}

// chance answers true once in so many times.
func (k *kinds) chance(n int) bool { return rapid.IntRange(1, n).Draw(k.t, "chance") == 1 }

// some answers a few of the names, in the order of the list.
func (k *kinds) some(names []string) (out []string) {
	for _, n := range names {
		if rapid.Bool().Draw(k.t, n) {
			out = append(out, n)
		}
	}
	return out
}

func (k *kinds) classic() {
	if k.chance(4) {
		k.approve("Instance/old")
		return
	}
	k.doc("Instance", "old", "networkType: classic, account: main, region: cn-a, zone: cn-a-1, type: ecs.c1.large, image: centos-6.8-64, power: "+
		k.pick("power", "running", "stopped")+k.pick("billing", "", ", billing: {method: subscription}"))
	if k.chance(2) {
		k.doc("ClassicLink", "bridge", "instance: old, vpc: "+k.pick("vpc", "prod", "other"))
	}
}

func (k *kinds) services() {
	if k.chance(2) {
		k.doc("TargetGroup", "front", "vpc: "+k.pick("vpc", "prod", "prod", "prod", "other")+", targets: ["+strings.Join(k.some(k.instances), ", ")+"]")
	}
	endpoint := k.chance(2)
	if endpoint {
		k.doc("VPCEndpoint", "ssm", "vpc: prod, service: "+k.pick("service", "ssm", "ssm", "ec2messages")+", subnets: ["+strings.Join(k.some([]string{"a", "b"}), ", ")+"]"+
			k.pick("groups", "", ", securityGroups: [web]", ", securityGroups: [web, db]"))
	}
	if len(k.enis) > 1 && k.chance(2) {
		target := "eni: " + k.enis[len(k.enis)-1]
		if endpoint && k.chance(3) {
			target = "vpcEndpoint: ssm"
		}
		k.doc("TrafficMirror", "watch", "source: {eni: "+k.enis[rapid.IntRange(0, len(k.enis)-2).Draw(k.t, "from")]+"}, target: {"+target+"}")
	}
}

func (k *kinds) storage() {
	if k.chance(2) {
		k.doc("KeyPair", "ops", "region: us-1")
	}
	k.approve("KeyPair/ops")
	var sources []string
	for _, n := range k.instances {
		sources = append(sources, "instance: "+n)
	}
	for i := range rapid.IntRange(0, 3).Draw(k.t, "volumes") {
		name := fmt.Sprint("v", i)
		kind := k.pick("type", "gp3", "gp3", "io2", "io1")
		spec := "zone: " + k.pick("zone", "us-1a", "us-1a", "us-1a", "us-1b") + ", type: " + kind + ", sizeGiB: " + k.pick("size", "20", "20", "30") +
			k.pick("encrypted", "", "", "", ", encrypted: true")
		if kind != "gp3" {
			spec += ", iops: 200" + k.pick("shared", "", ", multiAttach: true")
		}
		k.doc("Volume", name, spec+", attachTo: ["+strings.Join(k.attachments(), ", ")+"]")
		sources = append(sources, "volume: "+name)
	}
	for i := range 3 {
		k.approve(fmt.Sprint("Volume/v", i))
	}
	if len(sources) > 0 && k.chance(2) {
		k.doc("Snapshot", "nightly", "of: {"+k.pick("of", sources...)+"}")
	}
	if len(k.instances) > 0 && k.chance(2) {
		k.doc("Image", "gold", "region: us-1, fromInstance: "+k.instances[0]+k.pick("reboot", "", ", noReboot: true")+
			k.pick("share", "", ", shareWith: {public: true}", ", shareWith: {regions: [us-2]}"))
	}
	k.approve("Snapshot/nightly")
	k.approve("Image/gold")
}

func (k *kinds) attachments() (out []string) {
	for _, n := range k.some(k.instances) {
		out = append(out, fmt.Sprintf("{instance: %s, device: %s, unmounted: %s, deleteOnTermination: %s}", n,
			k.pick("device", "/dev/xvdb", "/dev/xvdc"), k.pick("unmounted", "true", "false"), k.pick("goes", "true", "false")))
	}
	return out
}

// drawOfInstance draws what only AWS instances have.
func drawOfInstance(t *rapid.T) string {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	return pick("key", "", "", ", keyPair: ops") + pick("relocation", "", "", ", relocation: 1", ", relocation: 2") +
		pick("root", "", "", ", rootVolume: {sizeGiB: 20}", ", rootVolume: {type: gp3, sizeGiB: 30, deleteOnTermination: false}", ", rootDevice: instance-store")
}
