//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A commit is followed only while somebody who is trusted has signed it. What is in
// force stays so, and the machine is healed to it.
func TestE2ESigned(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	ann, eve, signers := l.path("ann"), l.path("eve"), l.path("signers")
	public := map[string]string{}
	for _, key := range []string{ann, eve} {
		l.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
		text, err := os.ReadFile(key + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		public[key] = string(text)
	}
	trust := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(signers, []byte("# who may commit\n"+strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	signed := func(subject, key string) string {
		t.Helper()
		r.git("config", "commit.gpgSign", fmt.Sprint(key != ""))
		r.git("config", "gpg.format", "ssh")
		r.git("config", "user.signingKey", key)
		r.write("topology/NOTE.yaml", "# "+subject+"\n")
		return r.commit(subject)
	}
	held := func(inForce, commit, why string) {
		t.Helper()
		r.l.must("enid", "sync")
		l.within("held", func() error {
			s, _, err := l.status()
			if err == nil && (!strings.Contains(s.Source.Message, why) || !strings.Contains(s.Source.Message, commit)) {
				err = fmt.Errorf("%q, want %q", s.Source.Message, why)
			}
			if err != nil {
				return err
			}
			return l.sourceIs(inForce, "NotVerified")()
		})
	}
	trust(`ann namespaces="git" `, public[ann])
	if got := l.run("enid", "run", "--path", r.at("topology"), "--verify-keys", signers); got.code != 1 || !strings.Contains(got.err, "a folder has no commits") {
		t.Errorf("keys for a folder: exit %d, %s", got.code, got.err)
	}
	unsigned := signed("not signed", "")
	l.daemon("--repo", r.url(), "--verify-keys", signers)
	l.within("it runs", l.sourceIs("", "NotVerified"))
	held("", unsigned, "not signed")
	if out := l.enid(0, "accept", unsigned[:12]).out; !strings.Contains(out, "held as NotVerified all the same") || !strings.Contains(out, "have a key of --verify-keys sign it") {
		t.Errorf("an unsigned commit is accepted: %s", out)
	}
	held("", unsigned, "not signed")
	held("", signed("somebody else's", eve), "none of the trusted ones")
	first := signed("signed", ann)
	r.l.must("enid", "sync")
	l.within("followed", all(l.inSync(first), l.is(balanced(cardB, cardC))))

	trust("eve ", public[eve]) // the commit is the same
	held(first, first, "none of the trusted ones")
	l.ip("rule delete priority 9001", "route flush table 1001")
	l.within("healed while it is held", l.is(balanced(cardB, cardC)))
	trust(`ann valid-before="20200101" `, public[ann])
	held(first, first, "valid")
	trust(`ann namespaces="file" `, public[ann])
	held(first, first, "namespace")
	trust("ann ", public[ann], "eve ", public[eve])
	second := signed("somebody else's, who is trusted by now", eve)
	r.l.must("enid", "sync")
	l.within("followed", l.inSync(second))
}
