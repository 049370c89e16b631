package cloud

import (
	"slices"
	"strings"
	"testing"

	"enid/schema"
)

// A drained target stays declared; one that left the files does not.
func TestDraining(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	group := func() targetGroup { return d.memory.targetGroupOf(d.memory.Get(ref(t, "TargetGroup/front"))) }
	mustItem(t, d, "target-group.deregister", "TargetGroup/front", "web-1", `{vpc: prod, targets: [web-1, db]}`)
	if g := group(); len(g.status.Registered) > 0 || !slices.Equal(g.spec.Targets, []string{"web-1", "db"}) {
		t.Errorf("%+v", g)
	}
	mustItem(t, d, "target-group.register", "TargetGroup/front", "web-1", `{vpc: prod, targets: [web-1, db]}`)
	mustItem(t, d, "target-group.deregister", "TargetGroup/front", "web-1", `{vpc: prod, targets: [db]}`)
	if g := group(); len(g.status.Registered) > 0 || !slices.Equal(g.spec.Targets, []string{"db"}) {
		t.Errorf("%+v", g)
	}
	mustItem(t, d, "target-group.register", "TargetGroup/front", "local", `{vpc: prod, targets: [db, local]}`)
	if g := group(); !slices.Equal(g.spec.Targets, []string{"db", "local"}) {
		t.Errorf("%+v", g)
	}
	must(t, d, "instance.delete", "Instance/local", "")
	if g := group(); len(g.status.Registered) > 0 {
		t.Errorf("what is gone takes no traffic: %+v", g)
	}
}

// Where nothing was observed of a group, the targets that run take its traffic.
func TestTargetsAsTheSpecImplies(t *testing.T) {
	d := New(docs(t, awsMore+`
---
{apiVersion: enid/v1, kind: TargetGroup, metadata: {name: plain}, spec: {vpc: prod, targets: [web-1, db]}}`), Options{})
	if g := d.memory.targetGroupOf(d.memory.Get(ref(t, "TargetGroup/plain"))); !slices.Equal(g.status.Registered, []string{"web-1"}) {
		t.Errorf("%+v", g)
	}
}

func TestEndpointAddresses(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	addresses := func() (out []string) {
		for _, a := range get[*schema.VPCEndpointStatus](t, d, "VPCEndpoint/ssm").Addresses {
			out = append(out, a.Subnet+" "+a.PrivateIP.String())
		}
		return out
	}
	must(t, d, "vpc-endpoint.modify", "VPCEndpoint/ssm", `{vpc: prod, service: ssm, subnets: [z, a]}`)
	if got := addresses(); !slices.Equal(got, []string{"a 10.0.0.8", "z 10.0.1.4"}) {
		t.Error(got)
	}
	if _, err := do(t, d, "eni.create", "ENI/new", `{subnet: z, securityGroups: [web], privateIP: 10.0.1.4}`); codeOf(err) != "InvalidIPAddress.InUse" {
		t.Error(err)
	}
	must(t, d, "vpc-endpoint.modify", "VPCEndpoint/ssm", `{vpc: prod, service: ssm, subnets: [z]}`)
	if got := addresses(); !slices.Equal(got, []string{"z 10.0.1.4"}) {
		t.Error(got)
	}
	must(t, d, "vpc-endpoint.delete", "VPCEndpoint/ssm", "")
	must(t, d, "eni.create", "ENI/new", `{subnet: z, securityGroups: [web], privateIP: 10.0.1.4}`)
}

func TestEndpointsThatMirrorsUseStay(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	must(t, d, "traffic-mirror.create", "TrafficMirror/new", `{source: {eni: away}, target: {vpcEndpoint: ssm}}`)
	refusal(t, d, "vpc-endpoint.delete", "VPCEndpoint/ssm", "", "", "TrafficMirrorTargetInUseException")
	must(t, d, "traffic-mirror.delete", "TrafficMirror/new", "")
	refusal(t, d, "vpc-endpoint.delete", "VPCEndpoint/ssm", "", "", "")
}

// Any start after a stop is on another host; relocate says in the spec that it
// was asked for.
func TestRelocation(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	must(t, d, "instance.relocate", "Instance/db", `{type: m5.large, image: ami-1, subnet: z, relocation: 2}`)
	i := instanceOf(d.memory.Get(ref(t, "Instance/db")))
	if i.status.Phase != schema.PhaseRunning || i.status.Retirement != nil || i.spec.Relocation != 2 {
		t.Errorf("%+v", i)
	}
	d = New(docs(t, awsMore), Options{})
	must(t, d, "instance.start", "Instance/db", "")
	i = instanceOf(d.memory.Get(ref(t, "Instance/db")))
	if i.status.Retirement != nil || i.spec.Relocation != 0 {
		t.Errorf("%+v", i)
	}
}

func TestAClassicLinkGoesWithItsInstance(t *testing.T) {
	d := New(docs(t, alibabaMore), Options{})
	c := must(t, d, "instance.delete", "Instance/old", "")
	if !slices.Equal(c.Delete, []schema.Ref{ref(t, "Instance/old"), ref(t, "ClassicLink/bridge")}) {
		t.Errorf("gone: %v", c.Delete)
	}
}

// What is not asked of a root volume stays as it is.
func TestRootVolumeChangesInPlace(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	must(t, d, "instance.root-volume", "Instance/db", `{type: m5.large, image: ami-1, subnet: z, rootVolume: {sizeGiB: 40}}`)
	must(t, d, "instance.root-retention", "Instance/db", `{type: m5.large, image: ami-1, subnet: z, rootVolume: {deleteOnTermination: false}}`)
	want := schema.RootVolume{Type: "gp3", SizeGiB: 40}
	got := *instanceOf(d.memory.Get(ref(t, "Instance/db"))).spec.RootVolume
	if got.DeleteOnTermination == nil || *got.DeleteOnTermination {
		t.Errorf("%+v", got)
	}
	if got.DeleteOnTermination = nil; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	must(t, d, "instance.root-retention", "Instance/db", `{type: m5.large, image: ami-1, subnet: z}`)
	if got := instanceOf(d.memory.Get(ref(t, "Instance/db"))).spec.RootVolume.DeleteOnTermination; got == nil || !*got {
		t.Error("a root goes with its instance unless it is asked to stay")
	}
}

func TestDeletingWhatIsTerminated(t *testing.T) {
	d := New(docs(t, awsMore+`
---
{apiVersion: enid/v1, kind: Instance, metadata: {name: dead}, spec: {type: m5.large, image: ami-1, subnet: a, securityGroups: [web]}, status: {phase: terminated}}`), Options{})
	if c := must(t, d, "instance.delete", "Instance/dead", ""); !slices.Equal(c.Delete, []schema.Ref{ref(t, "Instance/dead")}) {
		t.Errorf("gone: %v", c.Delete)
	}
}

func TestPeering(t *testing.T) {
	d := New(docs(t, alibabaMore), Options{})
	call := Call{Op: "peering.create", Target: ref(t, "Peering/new"), At: noon(), Account: d.memory.Get(ref(t, "Account/main")),
		Want: &schema.Resource{Ref: ref(t, "Peering/new"), Spec: &schema.PeeringSpec{VPCs: []string{"prod", "prod"}}}}
	if _, err := d.Do(t.Context(), call); codeOf(err) != "InvalidParameter" {
		t.Errorf("a VPC with itself: %v", err)
	}
	must(t, d, "peering.create", "Peering/new", `{vpcs: [prod, north]}`)
	if s := get[*schema.CommonStatus](t, d, "Peering/new"); !strings.HasPrefix(s.ID, "ri-0") {
		t.Errorf("%+v", s)
	}
}
