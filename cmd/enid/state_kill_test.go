package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enid/reconcile"
)

// conversions are as many steps that cannot be undone: there is always one to be
// cut short.
const conversions = 40

// town writes a network whose n instances have public addresses, or, converted,
// EIPs made of them, and an ENI that has nothing to do with those.
func town(t *testing.T, dir string, n int, converted bool) {
	t.Helper()
	var b strings.Builder
	doc := func(kind, name, spec string) {
		fmt.Fprintf(&b, "---\n{apiVersion: enid/v1, kind: %s, metadata: {name: %s}, spec: {%s}}\n", kind, name, spec)
	}
	doc("Account", "main", "provider: alibaba")
	doc("VPC", "prod", "region: cn-a, cidr: 10.0.0.0/16")
	doc("Subnet", "a", "vpc: prod, zone: cn-a-1, cidr: 10.0.0.0/24")
	doc("SecurityGroup", "web", "vpc: prod")
	for i := range n {
		public := ", publicIP: {bandwidthMbps: 5}"
		if converted {
			public = ""
			doc("EIP", fmt.Sprintf("e-%d", i), fmt.Sprintf("region: cn-a, convertFrom: {instance: web-%d}", i))
			doc("Approval", fmt.Sprintf("ok-%d", i), fmt.Sprintf("operation: irreversible, target: EIP/e-%d, reason: asked for", i))
		}
		doc("Instance", fmt.Sprintf("web-%d", i), "type: ecs.g5.xlarge, image: centos-7.2-64, subnet: a, securityGroups: [web]"+public)
	}
	doc("ENI", "last", fmt.Sprintf("subnet: a, securityGroups: [web], description: converted is %v", converted))
	if err := os.WriteFile(filepath.Join(dir, "town.yaml"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// killed is a state whose writer was killed between the note of a step that cannot
// be undone and the note of its end.
type killed struct {
	t          *testing.T
	state, dir string
	target     string // of the step
}

// run runs enid and answers its exit code and what it said.
func (k *killed) run(args ...string) (code int, out string) {
	k.t.Helper()
	cmd := exec.Command("enid", append(args, "--state", k.state)...)
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		k.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// must runs enid and wants an exit code, and words.
func (k *killed) must(code int, words string, args ...string) string {
	k.t.Helper()
	got, out := k.run(args...)
	if got != code || !strings.Contains(out, words) {
		k.t.Fatalf("enid %v: exit %d, wanted %d and %q:\n%s", args, got, code, words, out)
	}
	return out
}

// uncertain answers the targets of the uncertain steps.
func (k *killed) uncertain() (targets []string) {
	k.t.Helper()
	var list struct{ Resources []stateEntry }
	_, out := k.run("state", "list", "-o", "json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
	for _, e := range list.Resources {
		if len(e.Uncertain) > 0 {
			targets = append(targets, e.Resource.String())
		}
	}
	return targets
}

// newKilled kills a process that converts, with SIGKILL at some moment, until one
// dies between the two notes.
func newKilled(t *testing.T, command ...string) *killed {
	t.Helper()
	for range 30 {
		k := &killed{t: t, state: t.TempDir(), dir: t.TempDir()}
		town(t, k.dir, conversions, false)
		k.must(0, "", "apply", k.dir, "--yes")
		town(t, k.dir, conversions, true)
		cmd := k.start(command...)
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended already
		_ = cmd.Wait()
		if targets := k.uncertain(); len(targets) == 1 {
			k.target = targets[0]
			return k
		}
	}
	t.Fatal("no kill came between the two notes")
	return nil
}

// start starts enid on the converted town, and returns when it begins to work.
func (k *killed) start(command ...string) *exec.Cmd {
	k.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("enid", append(command, "--state", k.state)...)
	cmd.Dir = k.dir
	cmd.Stdout, cmd.Stderr = &out, &out
	before, _ := os.Stat(filepath.Join(k.state, "enid.db"))
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if now, err := os.Stat(filepath.Join(k.state, "enid.db")); err == nil && now.ModTime().After(before.ModTime()) {
			break
		}
	}
	return cmd
}

// status answers what enid status says.
func (k *killed) status() (s reconcile.Status) {
	k.t.Helper()
	_, out := k.run("status", "-o", "json")
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
	return s
}

// saysUncertain wants the status to name the step, its target, when, and the command.
func (k *killed) saysUncertain() {
	k.t.Helper()
	for _, c := range k.status().Conditions {
		if c.Type == "Certain" && c.Status == "False" {
			if !strings.Contains(c.Message, "ConvertNatPublicIpToEip of "+k.target+", begun at 20") || !strings.Contains(c.Message, "`enid state resolve "+k.target+" --done`") {
				k.t.Errorf("status: %s", c.Message)
			}
			return
		}
	}
	k.t.Error("the status does not say that a step is uncertain")
}

// TestUncertainAfterAKill: a real kill -9, and no daemon. Everything else goes on,
// and a person settles the one step, either way.
func TestUncertainAfterAKill(t *testing.T) {
	t.Parallel()
	for _, done := range []bool{true, false} {
		k := newKilled(t, "apply", ".", "--yes")
		k.saysUncertain()
		k.must(2, "Certain   False: StepsUncertain", "status")
		k.must(3, "[plan.uncertain]", "plan", k.dir)
		k.must(3, "2 blocked", "apply", k.dir, "--yes") // the EIP, and the instance that still has the address
		if _, out := k.run("get", "eni", "last", "-o", "yaml"); !strings.Contains(out, "converted is true") {
			t.Errorf("what does not depend on it was not done:\n%s", out)
		}
		k.must(1, "enid state resolve "+k.target, "retry", k.target)
		k.must(1, "", "state", "forget", k.target, "--yes")
		k.must(0, "# uncertain: ConvertNatPublicIpToEip", "state", "show", k.target)
		if done {
			k.must(0, "is recorded as done", "state", "resolve", k.target, "--done")
			k.must(0, "phase: in-use", "get", "eip", strings.TrimPrefix(k.target, "EIP/"), "-o", "yaml")
			k.must(0, "usedBy:", "get", "approval", "ok-"+strings.TrimPrefix(k.target, "EIP/e-"), "-o", "yaml")
			k.must(0, "0 steps done, 0 failed, 0 blocked", "apply", k.dir, "--yes")
		} else {
			k.must(0, "was not done", "state", "resolve", k.target, "--not-done")
			k.must(0, "1 step done, 0 failed, 0 blocked", "apply", k.dir, "--yes")
		}
		k.must(1, "has no uncertain step", "state", "resolve", k.target, "--done")
		k.must(0, "", "status")
		k.must(0, "", "plan", k.dir)
	}
}

// TestUncertainWithADaemon: the daemon that follows the killed one shows the step,
// does the rest, and takes the person's word through its socket.
func TestUncertainWithADaemon(t *testing.T) {
	t.Parallel()
	daemon := []string{"run", "--path", ".", "--interval", "200ms"}
	k := newKilled(t, daemon...)
	cmd := k.start(daemon...)
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	k.within("the rest is done", func() bool { s := k.status(); return s.Source.Condition == "Ready" && s.Blocked == 2 })
	k.saysUncertain()
	k.must(0, "is recorded as done", "state", "resolve", k.target, "--done")
	k.within("all is in sync", func() bool { code, _ := k.run("status"); return code == 0 })
	k.must(0, "is Subnet/b now, and 41 resources", "state", "mv", "Subnet/a", "b")
	k.must(0, "state mv Subnet/a b", "history")
}

func (k *killed) within(what string, so func() bool) {
	k.t.Helper()
	for until := time.Now().Add(30 * time.Second); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			_, status := k.run("status")
			k.t.Fatalf("%s: not within 30 s\n%s", what, status)
		}
	}
}
