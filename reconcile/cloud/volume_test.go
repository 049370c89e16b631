package cloud

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"enid/schema"
)

func TestDeletingAnInstanceWithVolumes(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	mustItem(t, d, "volume.attach", "Volume/shared", "local", `{account: main, zone: us-1a, type: io2, sizeGiB: 20, iops: 200, multiAttach: true, attachTo: [{instance: local, device: /dev/xvdc, deleteOnTermination: true}]}`)
	mustItem(t, d, "volume.delete-on-termination", "Volume/shared", "local", `{account: main, zone: us-1a, type: io2, sizeGiB: 20, multiAttach: true, attachTo: [{instance: local, device: /dev/xvdc, deleteOnTermination: true}]}`)
	c := must(t, d, "instance.delete", "Instance/far", "")
	if !slices.Equal(c.Delete, []schema.Ref{ref(t, "Instance/far"), ref(t, "Volume/scratch")}) {
		t.Errorf("gone: %v", c.Delete)
	}
	want := []schema.AttachedVolume{{Instance: "local", Device: "/dev/xvdc", DeleteOnTermination: true}}
	if s := get[*schema.VolumeStatus](t, d, "Volume/shared"); s.Phase != schema.PhaseInUse || !slices.Equal(s.AttachedTo, want) {
		t.Errorf("what another instance has: %+v", s)
	}
	mustItem(t, d, "volume.delete-on-termination", "Volume/shared", "local", `{account: main, zone: us-1a, type: io2, sizeGiB: 20, attachTo: [{instance: local, device: /dev/xvdc}]}`)
	must(t, d, "instance.delete", "Instance/local", "")
	if s := get[*schema.VolumeStatus](t, d, "Volume/shared"); s.Phase != schema.PhaseAvailable || len(s.AttachedTo) > 0 {
		t.Errorf("what stays: %+v", s)
	}
}

// A volume that several instances have leaves one of them.
func TestDetachingTakesTime(t *testing.T) {
	clock := noon()
	d := New(docs(t, awsMore), Options{Settle: time.Minute, Now: func() time.Time { return clock }})
	spec := `{account: main, zone: us-1a, type: io2, sizeGiB: 20, iops: 200, multiAttach: true, attachTo: [{instance: local, device: /dev/xvdc, unmounted: true}]}`
	mustItem(t, d, "volume.attach", "Volume/shared", "local", spec)
	if s := get[*schema.VolumeStatus](t, d, "Volume/shared"); s.Phase != schema.PhaseAttaching || len(s.AttachedTo) != 2 {
		t.Errorf("on its way: %+v", s)
	}
	clock = clock.Add(time.Minute)
	observe(t, d)
	must(t, d, "instance.stop", "Instance/far", "")
	clock = clock.Add(time.Minute)
	observe(t, d)
	mustItem(t, d, "volume.detach", "Volume/shared", "far", spec)
	if _, err := doItem(t, d, "volume.detach", "Volume/shared", "local", spec); codeOf(err) != "IncorrectState" {
		t.Error(err)
	}
	clock = clock.Add(time.Minute)
	observe(t, d)
	s := get[*schema.VolumeStatus](t, d, "Volume/shared")
	if s.Phase != schema.PhaseInUse || len(s.AttachedTo) != 1 || s.AttachedTo[0].Instance != "local" {
		t.Errorf("afterwards: %+v", s)
	}
	if is := volumeOf(d.memory.Get(ref(t, "Volume/shared"))).spec; len(is.AttachTo) != 1 || !is.AttachTo[0].Unmounted {
		t.Errorf("what was applied of the other one: %+v", is.AttachTo)
	}
}

// A volume leaves one instance while another one that has it ends: it leaves both.
func TestDetachingWhileAnotherInstanceEnds(t *testing.T) {
	clock := noon()
	d := New(docs(t, awsMore), Options{Settle: time.Minute, Now: func() time.Time { return clock }})
	spec := `{account: main, zone: us-1a, type: io2, sizeGiB: 20, iops: 200, multiAttach: true, attachTo: [{instance: local, device: /dev/xvdc, unmounted: true}]}`
	mustItem(t, d, "volume.attach", "Volume/shared", "local", spec)
	clock = clock.Add(time.Minute)
	observe(t, d)
	must(t, d, "instance.delete", "Instance/far", "")
	clock = clock.Add(30 * time.Second)
	mustItem(t, d, "volume.detach", "Volume/shared", "local", spec)
	clock = clock.Add(30 * time.Second)
	observe(t, d)
	if s := get[*schema.VolumeStatus](t, d, "Volume/shared"); s.Phase != schema.PhaseDetaching || len(s.AttachedTo) != 1 || s.AttachedTo[0].Instance != "local" {
		t.Errorf("when the one has ended: %+v", s)
	}
	clock = clock.Add(30 * time.Second)
	observe(t, d)
	if s := get[*schema.VolumeStatus](t, d, "Volume/shared"); s.Phase != schema.PhaseAvailable || len(s.AttachedTo) > 0 {
		t.Errorf("afterwards: %+v", s)
	}
}

// A detachment of which only the phase is known is one of all.
func TestDetachingAsItWasImported(t *testing.T) {
	d := New(docs(t, awsMore+`
---
apiVersion: enid/v1
kind: Volume
metadata: {name: leaving}
spec: {account: main, zone: us-1a, type: gp3, sizeGiB: 20, attachTo: [{instance: web-1, device: /dev/xvdd}]}
status: {phase: detaching, attachedTo: [{instance: web-1, device: /dev/xvdd}]}`), Options{})
	d.Release(ref(t, "Volume/leaving"))
	observe(t, d)
	if s := get[*schema.VolumeStatus](t, d, "Volume/leaving"); s.Phase != schema.PhaseAvailable || len(s.AttachedTo) > 0 {
		t.Errorf("%+v", s)
	}
}

func observe(t *testing.T, d *Driver) {
	t.Helper()
	if _, err := d.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestUnmountedVolumesLeaveRunningInstances(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	data := *d.memory.Get(ref(t, "Volume/data"))
	for _, c := range []struct {
		seen *bool
		code string
	}{{new(true), "IncorrectState"}, {nil, "IncorrectState"}, {new(false), ""}} {
		data.Status = &schema.VolumeStatus{Phase: schema.PhaseInUse, AttachedTo: []schema.AttachedVolume{{Instance: "web-1", Device: "/dev/xvdb", Mounted: c.seen}}}
		d.Know(Changes{Put: []*schema.Resource{&data}})
		if _, err := doItem(t, d, "volume.detach", "Volume/data", "web-1", ""); codeOf(err) != c.code {
			t.Errorf("mounted %v: %v, want %q", c.seen, err, c.code)
		}
	}
}

func TestGrowing(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	must(t, d, "volume.modify", "Volume/data", `{account: main, zone: us-1a, type: gp3, sizeGiB: 40, iops: 4000, throughputMiBps: 250}`)
	v := volumeOf(d.memory.Get(ref(t, "Volume/data")))
	if v.spec.SizeGiB != 40 || v.status.SizeGiB != 40 || v.spec.IOPS != 4000 || v.spec.ThroughputMiBps != 250 || v.status.Phase != schema.PhaseInUse || len(v.spec.AttachTo) != 1 {
		t.Errorf("%+v", v)
	}
}

// What has calls of its own is not made with the resource.
func TestCreatedBare(t *testing.T) {
	d := New(docs(t, awsMore), Options{})
	must(t, d, "volume.create", "Volume/new", `{account: main, zone: us-1a, type: gp3, sizeGiB: 20, attachTo: [{instance: web-1, device: /dev/xvdz}]}`)
	must(t, d, "target-group.create", "TargetGroup/new", `{vpc: prod, targets: [web-1]}`)
	must(t, d, "image.create", "Image/new", `{account: main, region: us-1, fromInstance: web-1, shareWith: {public: true}}`)
	want := []schema.Spec{
		&schema.VolumeSpec{Account: "main", Zone: "us-1a", Type: "gp3", SizeGiB: 20},
		&schema.TargetGroupSpec{VPC: "prod"},
		&schema.ImageSpec{Account: "main", Region: "us-1", FromInstance: "web-1"},
	}
	for i, name := range []string{"Volume/new", "TargetGroup/new", "Image/new"} {
		if diff := cmp.Diff(want[i], d.memory.Get(ref(t, name)).Spec, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	must(t, d, "vpc-endpoint.create", "VPCEndpoint/new", `{vpc: prod, service: s3, type: Gateway}`)
	for name, prefix := range map[string]string{"Volume/new": "vol-0", "TargetGroup/new": "tg-0", "Image/new": "ami-0", "VPCEndpoint/new": "vpce-0"} {
		if s := d.memory.Get(ref(t, name)).Status.Common(); !strings.HasPrefix(s.ID, prefix) || !s.CreatedAt.Equal(noon()) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	must(t, d, "image.share", "Image/new", `{account: main, region: us-1, fromInstance: web-1, shareWith: {public: true}}`)
	if s := get[*schema.ImageSpec](t, d, "Image/new"); s.ShareWith == nil || !s.ShareWith.Public {
		t.Errorf("%+v", s)
	}
}

// Where nothing was observed, or not all of it, the spec says the rest.
func TestVolumesAsTheSpecImplies(t *testing.T) {
	const spec = `{account: main, zone: us-1a, type: gp3, sizeGiB: 20`
	at := []schema.AttachedVolume{{Instance: "web-1", Device: "/dev/xvdb", DeleteOnTermination: true}}
	cases := []struct {
		doc  string
		want schema.VolumeStatus
	}{
		{spec + `}}`, schema.VolumeStatus{Phase: schema.PhaseAvailable, SizeGiB: 20}},
		{spec + `, attachTo: [{instance: web-1, device: /dev/xvdb, deleteOnTermination: true}]}}`, schema.VolumeStatus{Phase: schema.PhaseInUse, SizeGiB: 20, AttachedTo: at}},
		{spec + `}, status: {attachedTo: [{instance: web-1, device: /dev/xvdb, deleteOnTermination: true}]}}`, schema.VolumeStatus{Phase: schema.PhaseInUse, SizeGiB: 20, AttachedTo: at}},
		{spec + `}, status: {sizeGiB: 30, phase: creating}}`, schema.VolumeStatus{Phase: schema.PhaseCreating, SizeGiB: 30}},
	}
	for _, c := range cases {
		r := docs(t, "{apiVersion: enid/v1, kind: Volume, metadata: {name: v}, spec: "+c.doc)[0]
		if diff := cmp.Diff(c.want, volumeOf(r).status); diff != "" {
			t.Errorf("%s: %s", c.doc, diff)
		}
	}
}

// A shared volume takes 16 instances, and the spec as applied says which.
func TestSharedByMany(t *testing.T) {
	world := awsMore
	for i := range 16 {
		world += fmt.Sprintf("---\n{apiVersion: enid/v1, kind: Instance, metadata: {name: n%d}, spec: {type: m5.large, image: ami-1, subnet: a, securityGroups: [web]}, status: {phase: running}}\n", i)
	}
	d := New(docs(t, world), Options{})
	for i := range 16 {
		name, code := fmt.Sprint("n", i), ""
		if i == 15 { // far is one of them
			code = "AttachmentLimitExceeded"
		}
		refusal(t, d, "volume.attach", "Volume/shared", name, `{account: main, zone: us-1a, type: io2, sizeGiB: 20, iops: 200, multiAttach: true, attachTo: [{instance: `+name+`, device: /dev/xvdb, unmounted: true, deleteOnTermination: true}]}`, code)
	}
	v := volumeOf(d.memory.Get(ref(t, "Volume/shared")))
	if len(v.spec.AttachTo) != 16 || len(v.status.AttachedTo) != 16 {
		t.Fatalf("%+v", v)
	}
	// AttachVolume knows no deleteOnTermination.
	want := schema.VolumeAttachment{Instance: "n3", Device: "/dev/xvdb", Unmounted: true}
	if got := v.spec.AttachTo[4]; got != want || v.status.AttachedTo[4].DeleteOnTermination {
		t.Errorf("%+v, %+v", got, v.status.AttachedTo[4])
	}
}
