package cloud

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"enid/plan"
	"enid/schema"
)

var benchSizes = []int{10_000, 50_000, 100_000}

var benchTime = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// benchFiles answers about n resources of all kinds that enid creates: VPCs of a
// thousand each, one half of them Alibaba's and one AWS's.
func benchFiles(n int) []*schema.Resource {
	out := []*schema.Resource{
		{Ref: accountRef("a"), Spec: &schema.AccountSpec{Provider: schema.Alibaba, Quotas: &schema.Quotas{ENIsPerRegion: n + 1000}}},
		{Ref: accountRef("b"), Spec: &schema.AccountSpec{Provider: schema.AWS}},
		{Ref: plan.Ref{Kind: schema.KindPolicy, Name: "p"}, Spec: &schema.PolicySpec{Downtime: "allow", AllowUnprotected: true}},
	}
	for v := 0; len(out) < n; v++ {
		t := &benchTown{v: v, vpc: fmt.Sprintf("v%d", v), base: netip.AddrFrom4([4]byte{10, byte(v), 0, 0})}
		if v%2 == 0 {
			t.alibaba()
		} else {
			t.aws()
		}
		out = append(out, t.out...)
	}
	return out
}

// benchApplied answers the state when the files have been applied.
func benchApplied(b testing.TB, files []*schema.Resource) []*schema.Resource {
	b.Helper()
	want := World(files)
	world := Prepare(World(nil), want)
	p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
	if err != nil || p.Summary.Blocked > 0 {
		b.Fatal(err, firstBlocked(p))
	}
	world = world.Fork()
	for _, s := range p.Steps {
		plan.Apply(Domain(), s, world, want, benchTime)
	}
	puts, _ := Record(world, want)
	for _, r := range puts {
		world.Put(r.Ref, r)
	}
	var out []*schema.Resource
	for _, ref := range world.Refs() {
		out = append(out, world.Get(ref).(*schema.Resource))
	}
	return out
}

// benchChanged answers the files with one resource in a hundred changed: types,
// names, addresses, moves, sizes, targets.
func benchChanged(files []*schema.Resource) []*schema.Resource {
	out := make([]*schema.Resource, len(files))
	copy(out, files)
	for i := 50; i < len(out); i += 100 {
		if s := altered(out[i].Spec, i/100); s != nil {
			out[i] = out[i].With(s, nil)
		}
	}
	return out
}

// altered answers another spec, nil where there is nothing to alter.
func altered(s schema.Spec, n int) schema.Spec {
	switch s := s.(type) {
	case *schema.InstanceSpec:
		c := *s
		c.Type = map[string]string{"ecs.g5.xlarge": "ecs.g5.2xlarge", "m5.large": "m5.xlarge"}[s.Type]
		return &c
	case *schema.ENISpec:
		c := *s
		switch n % 3 {
		case 0:
			c.DisplayName = "changed"
		case 1:
			c.SecondaryIPCount = 2
		case 2:
			c.AttachTo = nil
		}
		return &c
	case *schema.VolumeSpec:
		c := *s
		c.SizeGiB *= 2
		return &c
	case *schema.TargetGroupSpec:
		c := *s
		c.Targets = s.Targets[1:]
		return &c
	case *schema.EIPSpec:
		c := *s
		c.BindTo = nil
		return &c
	}
	return nil
}

// copies answers the resources with specs of their own, as they are when state
// and files are read from two places.
func copies(files []*schema.Resource) []*schema.Resource {
	out := make([]*schema.Resource, len(files))
	for i, r := range files {
		doc, err := schema.Encode(r)
		if err != nil {
			panic(err)
		}
		if out[i], err = schema.Decode(doc); err != nil {
			panic(err)
		}
	}
	return out
}

func benchEach(b *testing.B, run func(b *testing.B, files []*schema.Resource)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, benchFiles(n))
		})
	}
}

func BenchmarkWorld(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		for b.Loop() {
			World(files)
		}
	})
}

func benchPlan(b *testing.B, state, files []*schema.Resource) {
	b.Helper()
	want := World(files)
	world := Prepare(World(state), want)
	steps := 0
	for b.Loop() {
		p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
		if err != nil || p.Summary.Blocked > 0 {
			b.Fatal(err, firstBlocked(p))
		}
		steps = len(p.Steps)
	}
	b.ReportMetric(float64(steps), "steps")
}

func BenchmarkPlanUnchanged(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) { benchPlan(b, benchApplied(b, files), copies(files)) })
}

func BenchmarkPlanOnePercent(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		benchPlan(b, benchApplied(b, files), benchChanged(copies(files)))
	})
}

func BenchmarkPlanNew(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) { benchPlan(b, nil, files) })
}

// BenchmarkCheck judges the plan of one percent changed.
func BenchmarkCheck(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		want := World(benchChanged(copies(files)))
		world := Prepare(World(benchApplied(b, files)), want)
		p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := plan.Check(Domain(), p, world, want, benchTime, plan.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// firstBlocked says what keeps a plan from being all that can run.
func firstBlocked(p *plan.Plan) string {
	for _, s := range p.Steps {
		if s.Blocked() {
			return fmt.Sprint(p.Summary, s.Operation, s.Target, s.BlockedBy)
		}
	}
	return ""
}

// benchYAML answers the resources as files of ten documents, and their bytes.
func benchYAML(b *testing.B, files []*schema.Resource) (fsys fstest.MapFS, bytes int) {
	b.Helper()
	fsys = fstest.MapFS{}
	for i := 0; i < len(files); i += 10 {
		var text []byte
		for _, r := range files[i:min(i+10, len(files))] {
			doc, err := schema.ToYAML(r)
			if err != nil {
				b.Fatal(err)
			}
			text = append(append(text, "---\n"...), doc...)
		}
		fsys[fmt.Sprintf("f/%06d.yaml", i)] = &fstest.MapFile{Data: text, Mode: 0o644}
		bytes += len(text)
	}
	return fsys, bytes
}

var filesTo = flag.String("files", "", "a folder for BenchmarkFiles to write the topologies to")

// BenchmarkFiles writes the topologies of the benchmarks, and the same with one
// resource in a hundred changed, for runs of whole processes.
func BenchmarkFiles(b *testing.B) {
	if *filesTo == "" {
		b.Skip("-files DIR says where to")
	}
	for _, n := range benchSizes {
		files := benchFiles(n)
		for name, side := range map[string][]*schema.Resource{"is": files, "changed": benchChanged(files)} {
			fsys, _ := benchYAML(b, side)
			if err := os.CopyFS(fmt.Sprintf("%s/%d/%s", *filesTo, n, name), fsys); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkLoad reads, checks and joins the files as YAML, ten resources a file.
func BenchmarkLoad(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		fsys, bytes := benchYAML(b, files)
		b.SetBytes(int64(bytes))
		for b.Loop() {
			_, findings := schema.Load(fsys)
			for _, f := range findings {
				if !f.Advice {
					b.Fatal(f)
				}
			}
		}
	})
}

// BenchmarkPresume takes the files as applied, for who has no state.
func BenchmarkPresume(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		want := World(files)
		for b.Loop() {
			Presume(want)
		}
	})
}

// BenchmarkBetween plans one percent changed between two revisions.
func BenchmarkBetween(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		head := benchChanged(copies(files))
		for b.Loop() {
			if _, err := Between(files, head, benchTime, plan.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
