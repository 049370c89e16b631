package cloud

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/schema"
)

func TestAdvise(t *testing.T) {
	const files = `
kind: ENI
metadata: {name: b}
spec: {subnet: a, securityGroups: [web], attachTo: {instance: i}}
---
kind: ENI
metadata: {name: c}
spec: {subnet: a, securityGroups: [db], attachTo: {instance: j}}
---
kind: ENI
metadata: {name: d}
spec: {subnet: a, securityGroups: [web], attachTo: {instance: k}}
---
kind: Instance
metadata: {name: i}
spec: {type: ecs.none.large, image: debian-12, subnet: a, securityGroups: [web]}
---
kind: Instance
metadata: {name: j}
spec: {type: ecs.g5.large, image: centos-7.3-64, subnet: a, securityGroups: [web]}
---
kind: Instance
metadata: {name: k}
spec: {type: ecs.g5.large, image: debian-12, subnet: a, securityGroups: [web]}
---
kind: Host
metadata: {name: k}
spec: {instance: k}
---
kind: Instance
metadata: {name: old}
spec: {networkType: classic, type: ecs.g5.large, image: debian-12, region: cn-hangzhou, zone: cn-hangzhou-a}
`
	const state = `
kind: Instance
metadata: {name: gone}
spec: {type: ecs.g5.large, image: debian-12, subnet: a, securityGroups: [web], publicIP: {bandwidthMbps: 1}}
status: {phase: running, publicIP: {address: 47.0.0.1}}
`
	v := plan.NewView(World(documents(t, "state.yaml", base(t, "alibaba"), state)), World(documents(t, "files.yaml", base(t, "alibaba"), files)), benchTime)
	var targets []plan.Ref
	for _, n := range []string{"i", "j", "k", "old", "gone", "i"} {
		targets = append(targets, instanceRef(n))
	}
	for _, n := range []string{"b", "c", "d", "d"} {
		targets = append(targets, eniRef(n))
	}
	var got []string
	for _, a := range Advise(v, targets) {
		got = append(got, fmt.Sprintf("%s %s", a.Target, a.Rule))
	}
	want := []string{
		"Instance/gone public-ip.choose",
		"Instance/i eni.no-bandwidth-gain", "Instance/i eni.separate-traffic", "Instance/i instance.type-unknown",
		"Instance/j eni.no-bandwidth-gain",
		"Instance/k eni.no-bandwidth-gain", "Instance/k eni.separate-traffic",
		"Instance/old network-type.choice",
		"ENI/b eni.guest-unmanaged",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}

// documents reads YAML documents, apiVersion left out of each, over those of a
// base that they do not declare themselves. state.yaml is read as an import.
func documents(t *testing.T, name, base, text string) []*schema.Resource {
	t.Helper()
	parse := schema.Parse
	if name == "state.yaml" {
		parse = schema.ParseImport
	}
	file := func(name, text string) schema.File {
		f := parse(name, []byte(strings.ReplaceAll("\n"+strings.TrimSpace(text), "\nkind:", "\napiVersion: enid/v1\nkind:")))
		if len(f.Findings) > 0 {
			t.Fatal(f.Findings)
		}
		return f
	}
	own, shared := file(name, text), file("base.yaml", base)
	shared.Resources = slices.DeleteFunc(shared.Resources, func(r *schema.Resource) bool {
		return slices.ContainsFunc(own.Resources, func(o *schema.Resource) bool { return o.Ref == r.Ref })
	})
	topology, findings := schema.Join([]schema.File{own, shared})
	for _, f := range findings {
		if !f.Advice && name != "state.yaml" {
			t.Fatal(f)
		}
	}
	return topology.Resources()
}
