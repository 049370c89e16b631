package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// seeded answers a lab that begins with what people imported, mostly without a status: on
// Alibaba Cloud a classic instance, which nobody can create any more, on AWS
// sometimes a little of everything.
func seeded(t *testing.T, rt *rapid.T, o labOptions, p schema.Provider) *lab {
	t.Helper()
	l := newLab(t, o)
	seed := imported[p]
	if p == schema.AWS && rapid.IntRange(0, 2).Draw(rt, "imported") > 0 {
		return l
	}
	f := schema.ParseImport("seed.yaml", []byte(seed))
	for _, x := range f.Findings {
		if !x.Advice {
			t.Fatal(x)
		}
	}
	if _, err := l.db.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Put: f.Resources}); err != nil {
		t.Fatal(err)
	}
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	o.dir = l.dir
	return newLab(t, o)
}

var imported = map[schema.Provider]string{
	schema.Alibaba: `
{apiVersion: enid/v1, kind: Instance, metadata: {name: old}, spec: {networkType: classic, account: main, region: cn-a, zone: cn-a-1, type: ecs.c1.large, image: centos-6.8-64}}
`,
	schema.AWS: `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: aws}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {account: main, region: us-1, cidr: 10.0.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: a}, spec: {vpc: prod, zone: us-1a, cidr: 10.0.0.0/26}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: web}, spec: {vpc: prod}}
---
{apiVersion: enid/v1, kind: Instance, metadata: {name: web-0}, spec: {type: m5.large, image: centos-7.2-64, subnet: a, securityGroups: [web], terminationProtection: false}, status: {phase: running, privateIP: 10.0.0.20, terminationProtection: false}}
---
{apiVersion: enid/v1, kind: TargetGroup, metadata: {name: front}, spec: {vpc: prod, targets: [web-0]}}
---
{apiVersion: enid/v1, kind: VPCEndpoint, metadata: {name: ssm}, spec: {vpc: prod, service: ssm, subnets: [a]}}
---
{apiVersion: enid/v1, kind: Volume, metadata: {name: v0}, spec: {account: main, zone: us-1a, type: gp3, sizeGiB: 20, attachTo: [{instance: web-0, device: /dev/xvdb, deleteOnTermination: true}]}}
---
{apiVersion: enid/v1, kind: Volume, metadata: {name: v1}, spec: {account: main, zone: us-1a, type: io2, iops: 200, sizeGiB: 20, multiAttach: true}, status: {phase: available}}
---
{apiVersion: enid/v1, kind: Image, metadata: {name: gold}, spec: {account: main, region: us-1}}
`}

// kinds draws the kinds around instances and networks.
type kinds struct {
	t         *rapid.T
	p         schema.Provider
	docs      *[]string
	key, gold bool // a key pair and an image are declared
	doc       func(kind, name, spec string)
	approve   func(target string)
	instances []string
	enis      []string
}

func newKinds(t *rapid.T, p schema.Provider, docs *[]string) *kinds {
	k := &kinds{t: t, p: p, docs: docs}
	k.key, k.gold = k.chance(2), k.chance(2)
	k.doc = func(kind, name, spec string) {
		*docs = append(*docs, fmt.Sprintf("{apiVersion: enid/v1, kind: %s, metadata: {name: %s}, spec: {%s}}", kind, name, spec))
	}
	k.approve = func(target string) {
		*docs = append(*docs, approve("may-"+strings.ToLower(strings.ReplaceAll(target, "/", "-")), "delete", target))
	}
	return k
}

// draw draws them around what was drawn already.
func (k *kinds) draw(instances []string) {
	k.instances = instances
	for i := range 4 {
		if name := fmt.Sprint("x", i); slices.ContainsFunc(*k.docs, func(d string) bool { return strings.Contains(d, "kind: ENI, metadata: {name: "+name+"}") }) {
			k.enis = append(k.enis, name)
		}
	}
	if k.chance(3) {
		k.doc("Peering", "pair", "vpcs: ["+k.pick("pair", "prod, other", "other, prod")+"]")
	}
	if k.p == schema.Alibaba {
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
	if k.key {
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
		k.doc("Volume", name, spec+", attachTo: ["+strings.Join(k.attachments(i), ", ")+"]")
		sources = append(sources, "volume: "+name)
	}
	for i := range 3 {
		k.approve(fmt.Sprint("Volume/v", i))
	}
	if len(sources) > 0 && k.chance(2) {
		k.doc("Snapshot", "nightly", "of: {"+k.pick("of", sources...)+"}")
	}
	if len(k.instances) > 0 && k.gold {
		k.doc("Image", "gold", "region: us-1, fromInstance: "+k.instances[0]+k.pick("reboot", "", ", noReboot: true")+
			k.pick("share", "", ", shareWith: {public: true}", ", shareWith: {regions: [us-2]}"))
	}
	k.approve("Snapshot/nightly")
	k.approve("Image/gold")
}

// attachments answers where a volume is attached, at devices that are mostly its own.
func (k *kinds) attachments(volume int) (out []string) {
	own := "/dev/xvd" + string("bcd"[volume])
	for _, n := range k.some(k.instances) {
		out = append(out, fmt.Sprintf("{instance: %s, device: %s, unmounted: %s, deleteOnTermination: %s}", n,
			k.pick("device", own, own, own, own, own, "/dev/xvde"), k.pick("unmounted", "true", "false"), k.pick("goes", "true", "false")))
	}
	return out
}

// ofInstance draws what only AWS instances have. The image of the files is made of
// the first one.
func (k *kinds) ofInstance(i int) string {
	image := "centos-7.2-64"
	if k.gold && i > 0 && k.chance(3) {
		image = "gold"
	}
	if k.p == schema.Alibaba {
		return ", image: centos-7.2-64"
	}
	key := ""
	if k.key {
		key = k.pick("key", "", ", keyPair: ops")
	}
	return ", terminationProtection: false, image: " + image + key + k.pick("relocation", "", "", ", relocation: 1", ", relocation: 2") +
		k.pick("root", "", "", ", rootVolume: {sizeGiB: 20}", ", rootVolume: {type: gp3, sizeGiB: 30, deleteOnTermination: false}", ", rootDevice: instance-store")
}

// TestTheDriverKnowsEveryOperation: what a plan can hold, the driver can be asked
// for, if only to refuse it because nothing is there.
func TestTheDriverKnowsEveryOperation(t *testing.T) {
	for _, op := range plancloud.Domain().Operations {
		_, err := cloud.New(nil, cloud.Options{}).Do(t.Context(), cloud.Call{Op: op.ID, Operation: op.ID, Target: schema.Ref{Kind: op.Kind, Name: "x"}, At: noon()})
		var refused *cloud.APIError
		if !errors.As(err, &refused) || refused.Code == "" {
			t.Errorf("%s: %v", op.ID, err)
		}
	}
}
