package cloud

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/schema"
)

// moving are the files before and after three renames, of a VPC, a group and an
// instance to which an ENI, a Host, an EIP and an Approval refer.
const moving = `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: alibaba}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: VPC%s}, spec: {region: cn-a, cidr: 10.0.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: a}, spec: {vpc: VPC, zone: cn-a-1, cidr: 10.0.0.0/24}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: GROUP%s}, spec: {vpc: VPC, rules: [{peer: {securityGroup: GROUP}}]}}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: WEB%s}
spec: {type: ecs.g5.xlarge, image: centos-7.2-64, subnet: a, privateIP: 10.0.0.10, securityGroups: [GROUP]}
---
{apiVersion: enid/v1, kind: ENI, metadata: {name: b}, spec: {subnet: a, privateIP: 10.0.0.20, securityGroups: [GROUP], attachTo: {instance: WEB, deviceIndex: 1}}}
---
{apiVersion: enid/v1, kind: EIP, metadata: {name: e}, spec: {region: cn-a, bindTo: {instance: WEB}}}
---
{apiVersion: enid/v1, kind: Host, metadata: {name: WEB}, spec: {instance: WEB}}
`

func before() string {
	return strings.NewReplacer("%s", "", "VPC%s", "vpc%s", "vpc: VPC", "vpc: old-vpc", "name: VPC", "name: old-vpc", "GROUP", "old-group", "WEB", "old-web").Replace(moving)
}

// after says of each what it was; more is appended.
func after(more string) string {
	text := strings.NewReplacer("vpc: VPC", "vpc: prod", "name: VPC", "name: prod", "GROUP", "web", "WEB", "web-1").Replace(moving)
	return fmt.Sprintf(text, was("old-vpc"), was("old-group"), was("old-web")) + more
}

func was(name string) string { return ", annotations: {enid/moved-from: " + name + "}" }

func files(t *testing.T, text string) *plan.World {
	t.Helper()
	topology, findings := schema.Join([]schema.File{schema.Parse("topology.yaml", []byte(text))})
	if schema.Invalid(findings) {
		t.Fatalf("%v\n%s", findings, text)
	}
	return World(topology.Resources())
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// applied answers the state after the files were applied.
func applied(t *testing.T, want *plan.World) *plan.World {
	t.Helper()
	world := Prepare(World(nil), want)
	p, err := Plan(world, want, noon, plan.Options{})
	if err != nil || p.Summary.Blocked > 0 {
		t.Fatal(p, err)
	}
	return Afterwards(p, world, want, noon).Flatten()
}

// TestMovedIsNotMade: what was renamed is the same, with every reference to it; a
// second plan has nothing to say of it.
func TestMovedIsNotMade(t *testing.T) {
	state, want := applied(t, files(t, before())), files(t, after(""))
	id := state.Get(plan.Ref{Kind: schema.KindInstance, Name: "old-web"}).(*schema.Resource).Status
	o, err := Begin(state, want)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Plan(o.World, want, noon, plan.Options{})
	if err != nil || len(p.Steps) > 0 {
		t.Fatalf("%v %+v", err, p.Steps)
	}
	o.Moves.Advise(p)
	var said []string
	for _, a := range p.Advice {
		said = append(said, a.Rule+" "+a.Target.String()+": "+a.Detail)
	}
	const same = ", and is the same resource: nothing is deleted or created for its new name"
	if got, want := strings.Join(said, "\n"), "plan.moved VPC/prod: it was VPC/old-vpc"+same+
		"\nplan.moved SecurityGroup/web: it was SecurityGroup/old-group"+same+"\nplan.moved Instance/web-1: it was Instance/old-web"+same; got != want || p.Summary.Advice != 3 {
		t.Errorf("advice:\n%s\nwant:\n%s", got, want)
	}
	for _, ref := range o.State.Refs() {
		doc, err := schema.Encode(o.State.Get(ref).(*schema.Resource))
		if err != nil || strings.Contains(strings.ReplaceAll(string(doc), schema.MovedFrom, ""), "old-") && ref.Kind != schema.KindHost {
			t.Errorf("%s: %s, %v", ref, doc, err)
		}
	}
	if moved := o.State.Get(plan.Ref{Kind: schema.KindInstance, Name: "web-1"}).(*schema.Resource); moved.Status.(*schema.InstanceStatus).PrivateIP != id.(*schema.InstanceStatus).PrivateIP {
		t.Error("the status did not come along")
	}
	end := Afterwards(p, o.World, want, noon).Flatten()
	if again, err := Begin(end, want); err != nil || len(again.Moves) > 0 || again.State != end {
		t.Errorf("once recorded: %+v, %v", again, err)
	}
	if state.Get(plan.Ref{Kind: schema.KindVPC, Name: "prod"}) != nil {
		t.Error("the observed world was changed")
	}
}

// TestMovedConflicts: a rename stands only where the state has one of the two.
func TestMovedConflicts(t *testing.T) {
	old, now := plan.Ref{Kind: schema.KindVPC, Name: "old-vpc"}, plan.Ref{Kind: schema.KindVPC, Name: "prod"}
	want := files(t, after(""))
	state := applied(t, files(t, before()))
	both := state.Fork()
	both.Put(now, want.Get(now))
	var conflict *MoveError
	if _, err := Begin(both, want); !errors.As(err, &conflict) || conflict.Move.From != old ||
		!strings.HasPrefix(err.Error(), "topology.yaml:4:") || !strings.HasSuffix(err.Error(), "[plan.moved]") {
		t.Errorf("both are there: %v", err)
	}
	neither := state.Fork()
	neither.Put(old, nil)
	moves, err := Moved(neither, want)
	if err != nil || moves.To(old) != old || len(moves) != 2 || moves.From(plan.Ref{Kind: schema.KindInstance, Name: "web-1"}).Name != "old-web" {
		t.Errorf("neither is there: %v, %v", moves, err)
	}
}

// TestASpentApprovalStaysSpent whether the files follow the rename of its target
// or not.
func TestASpentApprovalStaysSpent(t *testing.T) {
	const approval = "---\n{apiVersion: enid/v1, kind: Approval, metadata: {name: ok}, spec: {operation: delete, target: Instance/NAME, reason: once}}\n"
	as := func(name string) string { return strings.Replace(approval, "NAME", name, 1) }
	state := applied(t, files(t, before()+as("old-web")))
	ok := plan.Ref{Kind: schema.KindApproval, Name: "ok"}
	spend(state, ok, "7/s1")
	for _, target := range []string{"old-web", "web-1"} {
		o, err := Begin(state, files(t, after(as(target))))
		if err != nil {
			t.Fatal(err)
		}
		r := o.World.Get(ok).(*schema.Resource)
		if s, _ := r.Status.(*schema.ApprovalStatus); s == nil || s.UsedBy != "7/s1" || r.Spec.(*schema.ApprovalSpec).Target.Name != target {
			t.Errorf("for %s: %+v %+v", target, r.Spec, r.Status)
		}
	}
}
