package cloud

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/schema"
)

func TestItSaysThatItIsStateOnly(t *testing.T) {
	d := New(nil, Options{})
	if !strings.Contains(d.String(), "no cloud API was called") || !d.StateOnly() {
		t.Error(d.String())
	}
}

func TestChosenAddresses(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	call := Call{Op: "instance.create", Target: ref(t, "Instance/new"), At: noon(),
		KeptAddress: func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.0.3") },
		Want:        docs(t, `{apiVersion: enid/v1, kind: Instance, metadata: {name: new, labels: {tier: web}}, spec: {type: ecs.g5.large, image: i, subnet: a, securityGroups: [web]}}`)[0]}
	if _, err := d.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	// .0 is the cloud's, .1 free, .2 somebody's, .3 kept for others by the files
	s := get[*schema.InstanceStatus](t, d, "Instance/new")
	if s.PrivateIP.String() != "10.0.0.1" || !slices.Equal(s.Predicted, []string{"privateIP"}) || s.Phase != schema.PhaseRunning || !strings.HasPrefix(s.ID, "i-0") {
		t.Errorf("%+v", s)
	}
	if d.memory.Get(call.Target).Labels["tier"] != "web" {
		t.Error("the labels are lost")
	}
	call.Target.Name, call.Want = "n2", call.Want.With(nil, nil)
	call.Want.Name = "n2"
	if _, err := d.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if s := get[*schema.InstanceStatus](t, d, "Instance/n2"); s.PrivateIP.String() != "10.0.0.4" {
		t.Errorf("%+v", s)
	}
	must(t, d, "instance.delete", "Instance/new", "") // .1 is free again
	must(t, d, "instance.create", "Instance/n3", `{type: ecs.g5.large, image: i, subnet: a, securityGroups: [web]}`)
	if s := get[*schema.InstanceStatus](t, d, "Instance/n3"); s.PrivateIP.String() != "10.0.0.1" {
		t.Errorf("%+v", s)
	}
}

func TestQuota(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	spec := `{subnet: a, securityGroups: [web]}`
	must(t, d, "eni.create", "ENI/fifth", spec)
	if _, err := do(t, d, "eni.create", "ENI/sixth", spec); codeOf(err) != "MaxEniCountExceeded" {
		t.Error(err)
	}
	must(t, d, "eni.delete", "ENI/free", "")
	must(t, d, "eni.create", "ENI/sixth", spec)
}

func TestPendingAddressTakesEffectAtTheStart(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	spec := `{type: ecs.g5.large, image: centos-7.2-64, subnet: a2, securityGroups: [web]}`
	must(t, d, "instance.address", "Instance/web-2", spec)
	s := get[*schema.InstanceStatus](t, d, "Instance/web-2")
	if s.PrivateIP.String() != "10.0.0.11" || s.PendingPrivateIP.String() != "10.0.2.1" {
		t.Errorf("before the start %+v", s)
	}
	if _, err := do(t, d, "instance.address", "Instance/web-2", spec); codeOf(err) != "InvalidPrivateIp.Changing" {
		t.Error(err)
	}
	must(t, d, "instance.start", "Instance/web-2", "")
	s = get[*schema.InstanceStatus](t, d, "Instance/web-2")
	if s.PrivateIP.String() != "10.0.2.1" || s.PendingPrivateIP.IsValid() {
		t.Errorf("after the start %+v", s)
	}
}

func TestDeletingAnInstance(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	c := must(t, d, "instance.delete", "Instance/web-2", "")
	if !slices.Equal(c.Delete, []schema.Ref{ref(t, "Instance/web-2"), ref(t, "ENI/used")}) {
		t.Errorf("gone on Alibaba: %v", c.Delete)
	}
	if s := get[*schema.EIPStatus](t, d, "EIP/bound"); s.Phase != schema.PhaseAvailable || s.BoundTo != nil {
		t.Errorf("the EIP %+v", s)
	}
	d = New(docs(t, awsWorld), Options{})
	c = must(t, d, "instance.delete", "Instance/local", "")
	if s := get[*schema.ENIStatus](t, d, "ENI/leg"); len(c.Delete) != 1 || s.Phase != schema.PhaseAvailable || s.Instance != "" {
		t.Errorf("on AWS %v, ENI %+v", c.Delete, s)
	}
}

func TestConversion(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	must(t, d, "eip.convert", "EIP/new", `{account: main, region: cn-a, convertFrom: {instance: web-1}}`)
	s := get[*schema.EIPStatus](t, d, "EIP/new")
	if s.Phase != schema.PhaseInUse || s.ConvertedFrom != "web-1" || s.BoundTo.Instance != "web-1" {
		t.Errorf("%+v", s)
	}
	if i := get[*schema.InstanceStatus](t, d, "Instance/web-1"); i.PublicIP != nil {
		t.Errorf("%+v", i)
	}
}

func TestRotation(t *testing.T) {
	d := New(docs(t, alibabaWorld), Options{})
	spec := `{type: ecs.g5.large, image: i, subnet: a, securityGroups: [web], publicIP: {bandwidthMbps: 5, rotation: 2}}`
	must(t, d, "instance.stop", "Instance/web-1", "")
	must(t, d, "instance.public-ip-change", "Instance/web-1", spec)
	if _, err := do(t, d, "instance.public-ip-change", "Instance/web-1", spec); codeOf(err) != "OperationDenied" {
		t.Errorf("the fourth change: %v", err)
	}
}

func TestPhasesTakeTime(t *testing.T) {
	clock := noon()
	d := New(docs(t, alibabaWorld), Options{Settle: time.Minute, Now: func() time.Time { return clock }})
	if due := d.next(); !due.Equal(clock.Add(time.Minute)) {
		t.Errorf("what the state left under way ends at %v", due)
	}
	must(t, d, "instance.stop", "Instance/web-1", "")
	must(t, d, "eni.detach", "ENI/used", "")
	if _, err := do(t, d, "instance.start", "Instance/web-1", ""); codeOf(err) != "IncorrectInstanceStatus" {
		t.Error(err)
	}
	if s := get[*schema.ENIStatus](t, d, "ENI/used"); s.Phase != schema.PhaseDetaching || s.Instance != "web-2" {
		t.Errorf("%+v", s)
	}
	clock = clock.Add(59 * time.Second)
	if c, err := d.Observe(t.Context()); err != nil || !c.Empty() {
		t.Error(c, err)
	}
	clock = clock.Add(time.Second)
	c, err := d.Observe(t.Context())
	if err != nil || len(c.Put) != 3 || !c.Next.IsZero() {
		t.Error(c, err)
	}
	if s := get[*schema.ENIStatus](t, d, "ENI/used"); s.Phase != schema.PhaseAvailable || s.Instance != "" {
		t.Errorf("%+v", s)
	}
	must(t, d, "instance.start", "Instance/web-1", "")
}

func TestScript(t *testing.T) {
	web1, free := ref(t, "Instance/web-1"), ref(t, "ENI/free")
	d := New(docs(t, alibabaWorld), Options{Script: []Fault{
		{Op: "instance.stop", Target: web1, Times: 2, Code: "Throttling"},
		{Target: free, Stay: true},
	}})
	for range 2 {
		if _, err := do(t, d, "instance.stop", "Instance/web-1", ""); codeOf(err) != "Throttling" {
			t.Error(err)
		}
	}
	must(t, d, "instance.stop", "Instance/web-1", "")
	spec := `{subnet: a, securityGroups: [web], attachTo: {instance: web-1}}`
	must(t, d, "eni.attach", "ENI/free", spec)
	if s := get[*schema.ENIStatus](t, d, "ENI/free"); s.Phase != schema.PhaseAttaching || !d.next().IsZero() {
		t.Errorf("%+v", s)
	}
	d.Release(free)
	if c, err := d.Observe(t.Context()); err != nil || len(c.Put) != 1 {
		t.Error(c, err)
	}
	if s := get[*schema.ENIStatus](t, d, "ENI/free"); s.Phase != schema.PhaseInUse {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsKnownReplacesWhatWasDone(t *testing.T) {
	world := docs(t, alibabaWorld)
	d := New(world, Options{})
	must(t, d, "instance.delete", "Instance/web-2", "")
	d.Know(Changes{Put: world})
	get[*schema.InstanceStatus](t, d, "Instance/web-2")
}

func BenchmarkCreate(b *testing.B) {
	world := docs(b, strings.Replace(strings.Replace(alibabaWorld, "enisPerRegion: 5", "enisPerRegion: 100000000", 1), "10.0.0.0/16", "10.0.0.0/8", 1))
	want := docs(b, `{apiVersion: enid/v1, kind: ENI, metadata: {name: new}, spec: {subnet: big, securityGroups: [web]}}`)[0]
	d := New(world, Options{})
	must(b, d, "subnet.create", "Subnet/big", `{vpc: prod, zone: cn-a-1, cidr: 10.64.0.0/10}`)
	n := 0
	for b.Loop() {
		n++
		r := *want
		r.Name = "n" + time.Duration(n).String()
		if _, err := d.Do(b.Context(), Call{Op: "eni.create", Target: r.Ref, Want: &r, At: noon()}); err != nil {
			b.Fatal(err)
		}
	}
}
