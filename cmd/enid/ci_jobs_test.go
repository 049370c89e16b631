//go:build linux

package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// workflow is what these tests read of github/enid.yml.
type workflow struct {
	Permissions map[string]string
	Concurrency struct{ Group string }
	Jobs        map[string]struct {
		Env   map[string]string
		Steps []workflowStep
	}
}

type workflowStep struct {
	Name, ID, Uses, Run string
	If                  string
	Env                 map[string]string
	With                map[string]any
	ContinueOnError     bool `json:"continue-on-error"`
}

func gitHubWorkflow(t *testing.T) (w workflow) {
	t.Helper()
	readYAMLFile(t, "github/enid.yml", &w)
	return w
}

// gitLabJob is what these tests read of gitlab/enid.gitlab-ci.yml.
type gitLabJob struct {
	BeforeScript []string `json:"before_script"`
	Script       []string
	Variables    map[string]string
}

func gitLabOf(t *testing.T) gitLabJob {
	t.Helper()
	var file struct{ Enid gitLabJob }
	readYAMLFile(t, "gitlab/enid.gitlab-ci.yml", &file)
	return file.Enid
}

func readYAMLFile(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(ciFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// pullRequest is a repository at a forge with a pull request, and the runner's disk.
type pullRequest struct {
	t      *testing.T
	forge  *forge
	dir    string // of the runner
	author func(args ...string) string
	work   string // the author's clone
	base   string // the runner's clone of the base
}

// newPullRequest has main with the worked example and the scripts, and a branch that
// puts a script of its own in the place of each.
func newPullRequest(t *testing.T, f *forge) *pullRequest {
	t.Helper()
	tool(t, "bash")
	dir := t.TempDir()
	p := &pullRequest{t: t, forge: f, dir: dir, work: filepath.Join(dir, "work"), base: filepath.Join(dir, "base")}
	bare := filepath.Join(dir, "bare.git")
	for _, name := range []string{"work/ci/enid", "tmp", "bin"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.author = gitIn(t, p.work)
	p.author("init", "--quiet", "--initial-branch=main")
	p.author("init", "--quiet", "--bare", "--initial-branch=main", bare)
	p.author("remote", "add", "origin", bare)
	if err := os.CopyFS(filepath.Join(p.work, "topology"), os.DirFS("../../examples/multi-eni/topology")); err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(ciFolder + "/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts")
	}
	for _, s := range scripts {
		body, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
		p.write("ci/enid/"+filepath.Base(s), string(body), 0o755)
	}
	p.commit("main", "the worked example")
	p.author("checkout", "--quiet", "-b", "feature")
	for _, s := range scripts {
		p.write("ci/enid/"+filepath.Base(s), "#!/bin/sh\ntouch "+filepath.Join(dir, "executed")+"\n", 0o755)
	}
	p.commit("feature", "scripts of the branch")
	return p
}

func (p *pullRequest) write(name, text string, mode os.FileMode) {
	p.t.Helper()
	file := filepath.Join(p.work, name)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
}

// edit replaces a text that has to be there; a file with nothing left is removed.
func (p *pullRequest) edit(name, old, now string) {
	p.t.Helper()
	body, err := os.ReadFile(filepath.Join(p.work, name))
	if err != nil || !strings.Contains(string(body), old) {
		p.t.Fatalf("%s has no %q: %v", name, old, err)
	}
	p.write(name, strings.Replace(string(body), old, now, 1), 0o644)
}

// commit commits on a branch, which is checked out, and pushes it; feature is the
// head of pull request 7.
func (p *pullRequest) commit(branch, subject string) {
	p.t.Helper()
	p.author("add", "--all")
	p.author("commit", "--quiet", "--message", subject)
	p.author("push", "--quiet", "--force", "origin", "HEAD:refs/heads/"+branch)
	if branch == "feature" {
		p.author("push", "--quiet", "--force", "origin", "HEAD:refs/pull/7/head")
	}
}

// clone is what the runner has checked out: the base, or what GitLab fetched.
func (p *pullRequest) clone(args ...string) {
	p.t.Helper()
	if err := os.RemoveAll(p.base); err != nil {
		p.t.Fatal(err)
	}
	p.author(append(append([]string{"clone", "--quiet", "--no-local"}, args...), filepath.Join(p.dir, "bare.git"), p.base)...)
}

// shell runs lines as the runners do, and answers the exit code and what they print.
func (p *pullRequest) shell(lines string, env []string) (int, string) {
	p.t.Helper()
	cmd := exec.Command("bash", "-e", "-c", lines)
	cmd.Dir = p.base
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TMPDIR=" + filepath.Join(p.dir, "tmp"), "GIT_CONFIG_NOSYSTEM=1"}, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		p.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

var expression = regexp.MustCompile(`\$\{\{ (.+?) \}\}`)

// gitHub runs the job of the workflow: each of its own lines, in order, with what the
// runner would give them. It answers whether the job passes, and the log.
func (p *pullRequest) gitHub(failOnBlocked bool) (passes bool, log string) {
	p.t.Helper()
	p.clone()
	head := p.author("rev-parse", "feature")
	temp := filepath.Join(p.dir, "tmp")
	outputs := map[string]string{}
	evaluate := func(env map[string]string) (set []string) {
		for _, k := range slices.Sorted(maps.Keys(env)) {
			set = append(set, k+"="+expression.ReplaceAllStringFunc(env[k], func(e string) string {
				known := map[string]string{"github.event.pull_request.number": "7", "github.event.pull_request.head.sha": head, "github.token": ciToken,
					"vars.ENID_FAIL_ON_BLOCKED || 'false'": fmt.Sprint(failOnBlocked), "steps.report.outputs.code": outputs["code"]}
				value, ok := known[expression.FindStringSubmatch(e)[1]]
				if !ok {
					p.t.Fatalf("nothing is known of %s", e)
				}
				return value
			}))
		}
		return set
	}
	job := gitHubWorkflow(p.t).Jobs["report"]
	for _, s := range job.Steps {
		if s.Run == "" || s.Name == "Build enid" {
			continue
		}
		env := slices.Concat(p.forge.env(), evaluate(job.Env), evaluate(s.Env), []string{"GITHUB_ACTIONS=true", "RUNNER_TEMP=" + temp,
			"GITHUB_OUTPUT=" + filepath.Join(temp, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary")})
		code, out := p.shell(s.Run, env)
		log += out
		if code != 0 && !s.ContinueOnError {
			return false, log
		}
		if text, err := os.ReadFile(filepath.Join(temp, "output")); err == nil {
			outputs["code"] = strings.TrimSpace(strings.TrimPrefix(string(text), "code="))
			os.Remove(filepath.Join(temp, "output"))
		}
	}
	return true, log
}

// gitLab runs the script of the job, as one shell does, on what GitLab's runner
// fetches: the branch, and nothing checked out.
func (p *pullRequest) gitLab() (passes bool, log string) {
	p.t.Helper()
	p.clone("--no-checkout", "--branch", "feature", "--single-branch")
	job := gitLabOf(p.t)
	env := append(p.forge.env(), "ENID_GITLAB_TOKEN="+ciToken, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main", "CI_COMMIT_SHA="+p.author("rev-parse", "feature"))
	for k, v := range job.Variables {
		env = append(env, k+"="+v)
	}
	code, log := p.shell(strings.Join(job.Script, "\n"), env)
	return code == 0, log
}

// notExecuted fails where a script of the branch ran, or a token was told.
func (p *pullRequest) notExecuted(log string) {
	p.t.Helper()
	if _, err := os.Stat(filepath.Join(p.dir, "executed")); err == nil {
		p.t.Error("a script of the branch was executed")
	}
	if strings.Contains(log, ciToken) {
		p.t.Errorf("the token is told:\n%s", log)
	}
}
