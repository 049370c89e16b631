//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// firstListen is where the daemon of the first moments listens, in a namespace of its own.
const firstListen = "127.0.0.1:8482"

// answers answers nil where the daemon answers a request so, with these words.
func (l *lab) answers(path, code string, words ...string) func() error {
	return func() error {
		r := l.run("curl", "--silent", "--write-out", "\n%{http_code}", "http://"+firstListen+path)
		for _, w := range append(words, "\n"+code) {
			if !strings.Contains(r.out, w) {
				return fmt.Errorf("%s: %s; wanted %s, %q", path, r.out, code, words)
			}
		}
		return nil
	}
}

// waits answers nil where the host waits for the first revision, and the source is in
// that condition; the machine is as it was.
func (l *lab) waits(condition string, was []string) func() error {
	return func() error {
		s, code, err := l.status()
		switch {
		case err != nil:
			return err
		case code != 2 || s.Source.Condition != condition || s.Applied.Revision != "":
			return fmt.Errorf("exit %d, %+v", code, s)
		case s.Host.Condition != "Waiting" || !strings.Contains(s.Host.Message, "waits for the first revision; the source is "+condition):
			return fmt.Errorf("%+v", s.Host)
		}
		return l.is(was)()
	}
}

// With a fresh state and a repository that cannot be reached, or that holds nothing
// that may be applied, the daemon lives, is not ready, and leaves the machine alone:
// it waits, and says what for. Once there is a revision it converges by itself.
func TestE2EFirstMoments(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	was := l.kernel()
	l.daemon("--interval", "200ms", "--repo", "http://"+gitAddress+"/network.git", "--listen", firstListen)
	l.within("it waits", l.waits("Unreachable", was))
	l.within("alive, and not ready", all(l.answers("/healthz", "200"), l.answers("/readyz", "503", "no revision is applied yet; the source is Unreachable: ")))
	if out := l.enid(2, "status").out; !strings.Contains(out, "Applied   nothing yet") || strings.Contains(out, "stays in force") {
		t.Errorf("%s", out)
	}
	r.serve()
	l.must("enid", "sync")
	l.within("it waits for a commit", l.waits("Empty", was))
	r.write("topology/x.yaml", "kind: [\n")
	r.commit("no topology")
	l.within("it waits for a better one", l.waits("Invalid", was))
	if err := os.Remove(r.at("topology/x.yaml")); err != nil {
		t.Fatal(err)
	}
	commit := r.commit("the worked example")
	l.within("it converges by itself", all(l.inSync(commit), l.is(balanced(cardB, cardC)), l.answers("/readyz", "200")))
}
