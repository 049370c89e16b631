package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/schema"
)

// TestPlannerAgainstDriver applies a few random topologies one after another. The
// planner and the driver have each read the rules by themselves: a step that the
// one plans and the other refuses is a defect of one of them. After each turn the
// state in the store is the driver's, the next turn does nothing, and what is
// left is blocked by a rule.
func TestPlannerAgainstDriver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		settle := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Millisecond}).Draw(rt, "settle")
		provider := rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(rt, "provider")
		l := seeded(t, rt, labOptions{cloud: cloud.Options{Settle: settle}, config: Config{Limit: Limit{Percent: 100}}}, provider)
		defer l.db.Close()
		for n := range rapid.IntRange(1, 4).Draw(rt, "commits") {
			docs := draw(rt, provider)
			l.source.commit(fmt.Sprint("c", n), docs...)
			l.events = nil
			r, err := l.Turn(t.Context())
			if err != nil {
				if strings.Contains(err.Error(), "does not validate") {
					continue // the generator is no judge of the rules
				}
				rt.Fatalf("%v\n%s", err, strings.Join(docs, "\n---\n"))
			}
			if r.Failed > 0 || r.Left > 0 || len(r.Rest.Runnable()) > 0 {
				rt.Fatalf("%+v\n%s\n%v\n%s", r, strings.Join(l.events, "\n"), rules(r.Rest), strings.Join(docs, "\n---\n"))
			}
			if r := l.turn(); r.Done > 0 {
				rt.Fatalf("the next turn: %v\n%s", l.events, strings.Join(docs, "\n---\n"))
			}
			sameState(rt, l)
		}
	})
}

// sameState compares the store with what the loop holds in memory.
func sameState(t *rapid.T, l *lab) {
	stored := map[schema.Ref]string{}
	for _, r := range l.load().Resources {
		doc, _ := schema.Encode(r)
		stored[r.Ref] = string(doc)
	}
	held := map[schema.Ref]string{}
	for _, ref := range l.state.Refs() {
		doc, _ := schema.Encode(l.state.Get(ref).(*schema.Resource))
		held[ref] = string(doc)
	}
	if diff := cmp.Diff(stored, held); diff != "" {
		t.Fatalf("-stored +held:\n%s", diff)
	}
}

// draw draws a topology; about half of what is drawn is not valid.
func draw(t *rapid.T, p schema.Provider) (docs []string) {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	doc := func(kind, name, spec string) {
		docs = append(docs, fmt.Sprintf("{apiVersion: enid/v1, kind: %s, metadata: {name: %s}, spec: {%s}}", kind, name, spec))
	}
	region, zone, other, types := "cn-a", "cn-a-1", "cn-a-2", []string{"ecs.g5.large", "ecs.g5.xlarge", "ecs.g5.2xlarge", "ecs.t6-c1m1.large"}
	if p == schema.AWS {
		region, zone, other, types = "us-1", "us-1a", "us-1b", []string{"m5.large", "t3.small", "m5.xlarge"}
	}
	doc("Account", "main", "provider: "+string(p))
	six := pick("IPv6 of the VPC", "0", "0", "1", "")
	block := func(at string, bits int) string {
		if six == "" || at == "" {
			return ""
		}
		return fmt.Sprintf(`, ipv6CIDR: "2001:db8:0:%s%s::/%d"`, six, at, bits)
	}
	sixes := [2]string{pick("IPv6 of a", "01", "02", ""), pick("IPv6 of b", "02", "03", "")}
	doc("VPC", "prod", "region: "+region+", cidr: 10.0.0.0/16"+block("00", 56))
	doc("VPC", "other", "region: "+region+", cidr: 10.1.0.0/16")
	doc("Subnet", "a", "vpc: prod, zone: "+zone+", cidr: 10.0.0.0/26"+block(sixes[0], 64))
	doc("Subnet", "b", "vpc: prod, zone: "+pick("zone", zone, zone, zone, other)+", cidr: 10.0.1.0/26"+block(sixes[1], 64))
	for _, g := range []string{"web", "db"} {
		doc("SecurityGroup", g, "vpc: prod, rules: ["+pick("rules", "", "{peer: {cidr: 10.0.0.0/8}}", "{peer: {securityGroup: web}}, {direction: egress, peer: {cidr: 0.0.0.0/0}}")+"]")
	}
	doc("Policy", "day", "downtime: "+pick("downtime", "allow", "allow", "deny")+", allowUnprotected: true")
	ip := func(net int) string {
		if n := rapid.IntRange(5, 16).Draw(t, "host"); n < 9 {
			return fmt.Sprintf(", privateIP: 10.0.%d.%d", net, n)
		}
		return ""
	}
	more := newKinds(t, p, &docs)
	var names []string
	for i := range rapid.IntRange(0, 3).Draw(t, "instances") {
		name := fmt.Sprint("web-", i)
		names = append(names, name)
		net := rapid.IntRange(0, 1).Draw(t, "net")
		spec := fmt.Sprintf("type: %s, subnet: %s, securityGroups: [%s], power: %s", pick("type", types...), string("ab"[net]),
			pick("group", "web", "web, db"), pick("power", "running", "running", "stopped")) + ip(net) + more.ofInstance(i)
		if p == schema.Alibaba {
			spec += pick("public", "", "", ", publicIP: {bandwidthMbps: 5}", ", billing: {method: subscription}")
		}
		doc("Instance", name, spec)
		docs = append(docs, approve(fmt.Sprint("delete-", i), "delete", "Instance/"+name), approve(fmt.Sprint("replace-", i), "replace", "Instance/"+name))
	}
	drawENIs(t, p, names, ip, func(net int) string {
		if six == "" || sixes[net] == "" {
			return ""
		}
		return "2001:db8:0:" + six + sixes[net]
	}, doc)
	more.draw(names)
	for i := range rapid.IntRange(0, 2).Draw(t, "eips") {
		spec := "region: " + region
		switch to := rapid.IntRange(0, 3).Draw(t, "to"); {
		case to == 0 && len(names) > 0:
			spec += ", bindTo: {instance: " + rapid.SampledFrom(names).Draw(t, "on") + "}"
		case to == 1:
			spec += ", bindTo: {eni: x0}"
		case to == 2 && len(names) > 0 && p == schema.Alibaba:
			spec += ", convertFrom: {instance: " + rapid.SampledFrom(names).Draw(t, "from") + "}"
		}
		doc("EIP", fmt.Sprint("e", i), spec)
		docs = append(docs, approve(fmt.Sprint("convert-", i), "irreversible", fmt.Sprintf("EIP/e%d", i)))
	}
	return docs
}

// drawENIs draws ENIs; six answers what the IPv6 addresses of a subnet begin with,
// "" where it has none.
func drawENIs(t *rapid.T, p schema.Provider, instances []string, ip, six func(int) string, doc func(kind, name, spec string)) {
	for i := range rapid.IntRange(0, 4).Draw(t, "enis") {
		net := rapid.IntRange(0, 1).Draw(t, "net")
		spec := fmt.Sprintf("subnet: %s, securityGroups: [%s]%s", string("ab"[net]), rapid.SampledFrom([]string{"web", "db"}).Draw(t, "group"), ip(net))
		switch first := six(net); rapid.IntRange(0, 6).Draw(t, "more") {
		case 5, 6:
			if first != "" {
				spec += fmt.Sprintf(`, secondaryIPs: [10.0.%d.%d, "%s::2%d"]`, net, rapid.IntRange(20, 24).Draw(t, "second"), first, rapid.IntRange(0, 3).Draw(t, "sixth"))
			}
			if n := rapid.IntRange(0, 5).Draw(t, "block"); first != "" && p == schema.AWS && n > 0 {
				spec += fmt.Sprintf(`, prefixes: ["%s:%d::/80"]`, first, n)
			}
		case 0:
			spec += fmt.Sprintf(", secondaryIPCount: %d", rapid.IntRange(1, 5).Draw(t, "count"))
		case 1:
			spec += fmt.Sprintf(", secondaryIPs: [10.0.%d.%d]", net, rapid.IntRange(20, 24).Draw(t, "second"))
		case 2:
			if p == schema.AWS {
				spec += ", prefixCount: 1"
			}
		}
		if len(instances) > 0 && rapid.IntRange(0, 3).Draw(t, "attached") > 0 {
			spec += ", attachTo: {instance: " + rapid.SampledFrom(instances).Draw(t, "to")
			if index := rapid.IntRange(-3, 3).Draw(t, "index"); index > 0 {
				spec += fmt.Sprintf(", deviceIndex: %d", index)
			}
			spec += "}"
		}
		doc("ENI", fmt.Sprint("x", i), spec)
	}
	for i := range 4 {
		doc("Approval", fmt.Sprint("x-", i), fmt.Sprintf("operation: replace, target: ENI/x%d, reason: asked for", i))
	}
}

func approve(name, operation, target string) string {
	return fmt.Sprintf("{apiVersion: enid/v1, kind: Approval, metadata: {name: %s}, spec: {operation: %s, target: %s, reason: asked for}}", name, operation, target)
}

// TestModelPredictsTheDriver compares what a plan says its steps do with what the
// driver made of them, where phases take no time.
func TestModelPredictsTheDriver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		provider := rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(rt, "provider")
		l := seeded(t, rt, labOptions{config: Config{Limit: Limit{Percent: 100}}}, provider)
		defer l.db.Close()
		for n := range 2 {
			docs := draw(rt, provider)
			topology, findings, err := Load(t.Context(), Revision{FS: files(docs...)}, &Cache{})
			if err != nil || len(Errors(findings)) > 0 {
				return
			}
			want := plancloud.World(topology.Resources())
			model := plancloud.Prepare(l.state.Flatten(), want)
			r, err := l.Apply(t.Context(), Revision{ID: fmt.Sprint("c", n)}, topology, ApplyOptions{AllowShrink: true})
			if err != nil {
				rt.Fatal(err)
			}
			for _, s := range r.Plan.Runnable() {
				plan.Apply(plancloud.Domain(), s, model, want, l.clock)
			}
			puts, gone := plancloud.Record(model, want)
			for _, r := range puts {
				model.Put(r.Ref, r)
			}
			for _, ref := range gone {
				model.Put(ref, nil)
			}
			if diff := cmp.Diff(shown(model, l.state), shown(l.state, model)); diff != "" {
				rt.Fatalf("-model +driver:\n%s\n%s", diff, strings.Join(l.events, "\n"))
			}
		}
	})
}

// shown answers what the model and the driver have to agree on: ids are the
// driver's own, and so is what an approval's step was called. Where one of them
// leaves unobserved what the spec implies, the other may spell it out.
func shown(world, other *plan.World) (out []string) {
	for _, ref := range world.Refs() {
		r := world.Get(ref).(*schema.Resource)
		if o, ok := other.Get(ref).(*schema.Resource); ok && o.Status == nil {
			bare := *r
			bare.Status = nil
			r = &bare
		}
		switch s := r.Status.(type) {
		case *schema.TargetGroupStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		case *schema.VPCEndpointStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		case *schema.VolumeStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		case *schema.ENIStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		case *schema.InstanceStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		case *schema.EIPStatus:
			c := *s
			c.CommonStatus = schema.CommonStatus{}
			r = r.With(nil, &c)
		default:
			bare := *r
			bare.Status = nil
			r = &bare
		}
		doc, _ := schema.Encode(r)
		out = append(out, string(doc))
	}
	slices.Sort(out)
	return out
}
