//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// changes are pull requests, and what becomes of each.
var changes = []struct {
	name string
	// main and feature edit the files on either branch; nil: nothing.
	main, feature func(p *pullRequest)
	code          string // of enid
	says          string // in the comment; "" where there is none
}{
	{"NoChange", nil, func(p *pullRequest) { p.write("README.md", "# ours\n", 0o644) }, "0", ""},
	{"Changes", nil, group, "2", "SecurityGroup/web"},
	{"BaseMoved", func(p *pullRequest) { p.write("README.md", "# ours\n", 0o644) }, group, "2", "SecurityGroup/web"},
	{"Conflict", func(p *pullRequest) {
		p.edit("topology/web-1.yaml", "privateIP: 10.0.0.19", "privateIP: 10.0.0.17")
	}, func(p *pullRequest) {
		p.edit("topology/web-1.yaml", "privateIP: 10.0.0.19", "privateIP: 10.0.0.18")
	}, "1", "topology/web-1.yaml"},
	{"Invalid", nil, func(p *pullRequest) { p.edit("topology/web-1.yaml", "  privateIP:", "  privateIp:") }, "1", "privateIp"},
	{"Blocked", nil, func(p *pullRequest) {
		p.edit("topology/web-1.yaml", "type: ecs.g5.2xlarge", "type: ecs.g5.4xlarge")
	}, "3", "Instance/web-1"},
}

// group adds a rule to the security group.
func group(p *pullRequest) {
	p.write("topology/more.yaml", "apiVersion: enid/v1\nkind: SecurityGroup\nmetadata: {name: web-2}\nspec: {vpc: prod}\n", 0o644)
}

// TestCIPullRequest runs the workflow of GitHub on a pull request of each sort. What
// it says is in the comment, what is wrong in annotations, and the job passes or fails
// as the repository wants it. Of the branch nothing is executed.
func TestCIPullRequest(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPullRequest(t, newForge(t, false))
			if c.main != nil {
				p.author("checkout", "--quiet", "main")
				c.main(p)
				p.commit("main", "meanwhile")
				p.author("checkout", "--quiet", "feature")
			}
			c.feature(p)
			p.commit("feature", "the change")
			passes, log := p.gitHub(false)
			p.notExecuted(log)
			if want := c.code != "1"; passes != want {
				t.Errorf("the job passes: %v\n%s", passes, log)
			}
			comments := p.forge.bodies()
			if c.says == "" && len(comments) > 0 || c.says != "" && (len(comments) != 1 || !strings.Contains(comments[0], c.says)) {
				t.Errorf("the comments are %q, want one with %q\n%s", comments, c.says, log)
			}
			if annotated := strings.Contains(log, "::error file=topology/web-1.yaml,line="); annotated != (c.name == "Invalid") {
				t.Errorf("annotations: %v\n%s", annotated, log)
			}
			if warned := strings.Contains(log, "::warning title=enid::"); warned != (c.code == "3") {
				t.Errorf("a warning: %v\n%s", warned, log)
			}
			if passes, log := p.gitHub(true); passes != (c.code == "0" || c.code == "2") || len(p.forge.bodies()) != len(comments) {
				t.Errorf("where blocked fails, the job passes: %v; %d comments\n%s", passes, len(p.forge.bodies()), log)
			}
		})
	}
}

// TestCIMergeRequest runs the job of GitLab: once with a change, then without one.
func TestCIMergeRequest(t *testing.T) {
	p := newPullRequest(t, newForge(t, true))
	group(p)
	p.commit("feature", "the change")
	passes, log := p.gitLab()
	p.notExecuted(log)
	if notes := p.forge.bodies(); !passes || len(notes) != 1 || !strings.Contains(notes[0], "SecurityGroup/web") {
		t.Fatalf("the job passes: %v; notes %q\n%s", passes, notes, log)
	}
	if err := os.Remove(filepath.Join(p.work, "topology", "more.yaml")); err != nil {
		t.Fatal(err)
	}
	p.commit("feature", "never mind")
	passes, log = p.gitLab()
	if notes := p.forge.bodies(); !passes || len(notes) != 1 || strings.Contains(notes[0], "SecurityGroup/web") {
		t.Errorf("the job passes: %v; notes %q\n%s", passes, notes, log)
	}
	for _, name := range []string{"report.md", "enid.sarif"} {
		if info, err := os.Stat(filepath.Join(p.base, name)); err != nil || info.Size() == 0 {
			t.Errorf("the artifact %s: %v", name, err)
		}
	}
}
