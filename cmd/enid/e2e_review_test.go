//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// reviewing is a repository whose revisions a reviewer signs.
type reviewing struct {
	*lab
	*remote
	file, key string
}

// certificate answers that of the plan for what the clone holds, as a reviewer on
// another machine would have it: by a person's command.
func (r *reviewing) certificate() string {
	r.t.Helper()
	var p struct{ Certificate string }
	if err := json.Unmarshal([]byte(r.run("enid", "plan", r.at("topology"), "-o", "json").out), &p); err != nil || p.Certificate == "" {
		r.t.Fatalf("%+v, %v", p, err)
	}
	return p.Certificate
}

// sign writes the reviews and signs them as ssh-keygen does.
func (r *reviewing) sign(key string, certificates ...string) {
	r.t.Helper()
	if err := os.WriteFile(r.file, []byte("# reviewed\n"+strings.Join(certificates, " by ann\n")+"\n"), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.RemoveAll(r.file + ".sig"); err != nil {
		r.t.Fatal(err)
	}
	r.must("ssh-keygen", "-q", "-Y", "sign", "-n", "enid-review", "-f", key, r.file)
}

// heldNow polls, and wants the commit to be held for want of a review, with these words.
func (r *reviewing) heldNow(inForce, commit, certificate, why string) {
	r.t.Helper()
	r.must("enid", "sync")
	r.within("held", func() error {
		s, _, err := r.status()
		if err != nil {
			return err
		}
		for _, want := range []string{commit, certificate, why, "ssh-keygen -Y sign -n enid-review"} {
			if !strings.Contains(s.Source.Message, want) {
				return fmt.Errorf("%q, want %q", s.Source.Message, want)
			}
		}
		return r.sourceIs(inForce, "NotVerified")()
	})
}

// killed kills the daemon as soon as the commit has begun.
func (r *reviewing) killed(d *process, commit string) {
	r.t.Helper()
	r.must("enid", "sync")
	r.within("it works", func() error {
		if h := r.history(); h[0].Commit != commit {
			return fmt.Errorf("the newest revision is %+v", h[0])
		}
		return nil
	})
	d.kill()
}

// Only a revision passes whose plan was reviewed, by someone whose keys count. What
// is in force stays so meanwhile, and the machine is healed to it. What has passed
// and is killed in the middle goes on, although its review is gone by then.
func TestE2EReview(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := &reviewing{l, l.newRepo(), l.path("reviews"), l.path("ann")}
	for _, key := range []string{r.key, l.path("eve")} {
		l.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
	}
	public, err := os.ReadFile(r.key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	signers := l.path("signers")
	if err := os.WriteFile(signers, []byte(`ann namespaces="enid-review,git" `+string(public)), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--repo", r.url(), "--require-review", r.file, "--verify-keys", signers}
	for _, wrong := range [][]string{flags[:4], append(flags[:5:5], l.path("absent"))} {
		if got := l.run(append([]string{"enid", "run"}, wrong...)...); got.code != 1 || !strings.Contains(got.err, "--verify-keys") {
			t.Errorf("%v: exit %d, %s", wrong, got.code, got.err)
		}
	}
	for _, setting := range [][2]string{{"gpg.format", "ssh"}, {"user.signingKey", r.key}, {"commit.gpgSign", "true"}} {
		r.git("config", setting[0], setting[1])
	}
	r.allowMany()
	first := r.commit("the worked example")
	d := l.daemon(flags...)
	l.within("held", l.sourceIs("", "NotVerified"))
	certificate := r.certificate()
	r.heldNow("", first, certificate, "no such file")
	other := "sha256:" + strings.Repeat("0", 64)
	r.sign(r.key, other)
	r.heldNow("", first, certificate, "does not have it")
	r.sign(l.path("eve"), certificate)
	r.heldNow("", first, certificate, "none of the trusted ones")
	r.sign(r.key, other, certificate)
	r.must("enid", "sync")
	l.within("reviewed", all(l.inSync(first), l.is(balanced(cardB, cardC))))

	r.write("topology/bulk.yaml", bulk(2000))
	second := r.commit("many more")
	certificate = r.certificate()
	r.heldNow(first, second, certificate, "does not have it")
	r.must("enid", "accept", second)
	l.ip("rule delete priority 9001", "route flush table 1001")
	l.within("healed while it is held", l.is(balanced(cardB, cardC)))
	r.heldNow(first, second, certificate, "does not have it")

	for n := 4000; ; n += 4000 { // a kill may come too late; then there is more to do
		r.sign(r.key, certificate)
		r.killed(d, second)
		if h := l.history(); h[0].Commit == second && h[0].Outcome != "done" {
			break
		}
		if n > 20000 {
			t.Fatal("it was never killed in the middle")
		}
		d = l.daemon(flags...)
		l.within("it has ended", l.inSync(second))
		r.write("topology/bulk.yaml", bulk(n))
		second = r.commit("many more still")
		l.within("held", l.sourceIs(r.git("rev-parse", "HEAD~1"), "NotVerified"))
		certificate = r.certificate()
	}
	if err := os.Remove(r.file); err != nil {
		t.Fatal(err)
	}
	l.daemon(flags...)
	l.within("it goes on", all(l.inSync(second), l.is(balanced(cardB, cardC))))
	if out := l.enid(0, "history", "show", fmt.Sprint(l.history()[0].Serial)).out; !strings.Contains(out, "Reviewed by ann (SHA256:") {
		t.Errorf("the history does not say who reviewed it:\n%s", out)
	}
}
