package cloud

import (
	"slices"
	"strings"
	"testing"

	"enid/plan"
)

// TestSelfStop: what would stop or delete the instance on which enid runs is
// blocked, another instance is not, and nothing is where enid runs on none of them.
func TestSelfStop(t *testing.T) {
	const state = `
kind: Instance
metadata: {name: changes}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.10}
---
kind: Instance
metadata: {name: moves}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.11}
---
kind: Instance
metadata: {name: leaves}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web], terminationProtection: false}
status: {phase: running, privateIP: 10.0.0.12}
---
kind: Instance
metadata: {name: copied}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
status: {phase: running, privateIP: 10.0.0.13}
`
	const files = `
kind: Policy
metadata: {name: allow}
spec: {downtime: allow, allowUnprotected: true}
---
kind: Approval
metadata: {name: gone}
spec: {operation: delete, target: Instance/leaves, reason: agreed}
---
kind: Instance
metadata: {name: changes}
spec: {type: m5.xlarge, image: debian-12, subnet: a, securityGroups: [web]}
---
kind: Instance
metadata: {name: moves}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web], relocation: 1}
---
kind: Instance
metadata: {name: copied}
spec: {type: m5.large, image: debian-12, subnet: a, securityGroups: [web]}
---
kind: Image
metadata: {name: golden}
spec: {region: cn-hangzhou, fromInstance: copied}
`
	world, want := World(documents(t, "state.yaml", base(t, "aws"), state)), World(documents(t, "files.yaml", base(t, "aws"), files))
	blocked := func(self plan.Ref) (lines []string) {
		p, err := Plan(Prepare(world, want), want, benchTime, plan.Options{Self: self})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Steps {
			for _, b := range s.BlockedBy {
				lines = append(lines, s.Op.ID+" "+s.Target.String()+" "+b.Rule)
			}
		}
		return lines
	}
	for _, c := range []struct{ self, step string }{
		{"changes", "instance.type Instance/changes"}, {"moves", "instance.relocate Instance/moves"},
		{"leaves", "instance.delete Instance/leaves"}, {"copied", "image.create Image/golden"},
	} {
		got := blocked(instanceRef(c.self))
		if !slices.Contains(got, c.step+" plan.self-stop") {
			t.Errorf("enid runs on %s, and is not kept from %s: %v", c.self, c.step, got)
		}
		if slices.ContainsFunc(got, func(line string) bool { return !strings.Contains(line, c.self) && !strings.Contains(line, "golden") }) {
			t.Errorf("enid runs on %s, and others are blocked: %v", c.self, got)
		}
	}
	if got := blocked(plan.Ref{}); got != nil {
		t.Errorf("blocked without a reason: %v", got)
	}
}
