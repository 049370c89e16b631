//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A head that a later push replaced is not reported: its successor's run does.
func TestCIReplacedHead(t *testing.T) {
	p := newPullRequest(t, newForge(t, false))
	old := p.author("rev-parse", "HEAD")
	p.author("commit", "--quiet", "--amend", "--message", "again")
	p.author("push", "--quiet", "--force", "origin", "HEAD:refs/heads/feature", "HEAD:refs/pull/7/head")
	p.clone()
	code, out := p.shell(`ci/enid/fetch-github.sh 7 "$HEAD"`, []string{"HEAD=" + old})
	if code != 1 || !strings.Contains(out, "a later push replaced it") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// Where enid cannot say what would happen, the report says that it cannot, and no
// text of it is markup.
func TestCIReportWithoutEnid(t *testing.T) {
	p := newPullRequest(t, newForge(t, false))
	p.clone()
	p.write("../bin/enid", "#!/bin/sh\nprintf '``` @ann \\033[31m\\n# title\\n' >&2\nexit 1\n", 0o755)
	code, out := p.shell("ci/enid/report.sh HEAD HEAD", []string{"ENID=" + filepath.Join(p.dir, "bin", "enid")})
	report, _ := os.ReadFile(filepath.Join(p.base, "report.md"))
	if code != 1 || !strings.HasSuffix(string(report), "(exit code 1):\n\n    ``` @ann [31m\n    # title\n") {
		t.Errorf("exit %d, report %q\n%s", code, report, out)
	}
	if code, _ := p.shell("ci/enid/report.sh HEAD HEAD", []string{"ENID=/nonexistent/enid"}); code != 127 {
		t.Errorf("without the program: exit %d", code)
	}
	if code, _ := p.shell("ci/enid/annotate.sh nosuch enid.sarif", nil); code != 1 {
		t.Errorf("annotations of a commit that is not there: exit %d", code)
	}
	if left, _ := filepath.Glob(filepath.Join(p.base, "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestCIScripts holds the scripts, and the lines in the workflows, to shellcheck.
func TestCIScripts(t *testing.T) {
	check := func(name string, args []string, text string) {
		cmd := exec.Command(tool(t, "shellcheck"), args...)
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	scripts, err := filepath.Glob(ciFolder + "/*.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		check(s, []string{"--external-sources", s}, "")
		if info, err := os.Stat(s); err != nil || (info.Mode()&0o111 != 0) == (filepath.Base(s) == "request.sh") {
			t.Errorf("%s has the mode %v: what is run is executable, what is sourced is not", s, info.Mode())
		}
	}
	for _, s := range gitHubWorkflow(t).Jobs["report"].Steps {
		if s.Run != "" {
			check(s.Name, []string{"--shell=bash", "-"}, s.Run)
		}
	}
	job := gitLabOf(t)
	check("gitlab", []string{"--shell=bash", "-"}, strings.Join(append(job.BeforeScript, job.Script...), "\n"))
}

var calledScript = regexp.MustCompile(`ci/enid/([a-z-]+\.sh)`)

// TestCIWorkflows holds the workflows to what makes them safe: they run the base's
// scripts, with no more rights than they need, and no text from outside is code.
func TestCIWorkflows(t *testing.T) {
	w := gitHubWorkflow(t)
	called := map[string]bool{}
	want := map[string]string{"contents": "read", "pull-requests": "write", "security-events": "write"}
	if len(w.Permissions) != len(want) {
		t.Errorf("permissions: %v", w.Permissions)
	}
	for k, v := range want {
		if w.Permissions[k] != v {
			t.Errorf("permissions: %s is %q", k, w.Permissions[k])
		}
	}
	if !strings.Contains(w.Concurrency.Group, "pull_request.number") {
		t.Error("runs of one pull request may overlap")
	}
	for _, s := range w.Jobs["report"].Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: text from outside would be code", s.Name)
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") {
			ref, other := s.With["ref"], s.With["repository"] == "${{ vars.ENID_REPOSITORY }}"
			if s.With["persist-credentials"] != false || ref != nil && !other {
				t.Errorf("%s: a checkout of something else than the base, or one that keeps the token: %v", s.Name, s.With)
			}
		}
		for _, m := range calledScript.FindAllStringSubmatch(s.Run, -1) {
			called[m[1]] = true
		}
	}
	for _, m := range calledScript.FindAllStringSubmatch(strings.Join(gitLabOf(t).Script, "\n"), -1) {
		called[m[1]] = true
	}
	called["request.sh"] = true // sourced
	readme, err := os.ReadFile(ciFolder + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(ciFolder + "/*.sh")
	if err != nil || len(scripts) != len(called) {
		t.Errorf("%d scripts, of which the workflows call %v: %v", len(scripts), called, err)
	}
	for name := range called {
		if _, err := os.Stat(filepath.Join(ciFolder, name)); err != nil || !strings.Contains(string(readme), name) {
			t.Errorf("%s is not there, or README.md does not say what it is: %v", name, err)
		}
	}
}
