//go:build linux

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// rehearsal is a machine of docs/running.md: a daemon under its configuration, as
// systemd would run it, and a clone of the repository that it follows.
type rehearsal struct {
	*lab
	repo  *remote
	d     *process
	paths *strings.Replacer // of the page, to those of the lab
}

// rehearse makes the machine and starts its daemon on the worked example.
func rehearse(t *testing.T, more string) *rehearsal {
	t.Helper()
	l := newLab(t)
	h := &rehearsal{lab: l, repo: l.newRepo()}
	h.repo.commit("the worked example")
	h.repo.git("branch", "--quiet", "--set-upstream-to=origin/main")
	h.install(more)
	h.systemctl("start")
	h.within("the daemon starts", h.inSync(h.repo.git("rev-parse", "HEAD")))
	return h
}

// install writes the configuration, with the folders of a machine below the lab's.
func (h *rehearsal) install(more string) {
	h.t.Helper()
	h.paths = strings.NewReplacer("/var/lib", h.path("var/lib"), "/etc/enid", h.path("etc/enid"),
		"https://git.example.com/network.git", h.repo.url(), "https://new.example.com/network.git", "file://"+h.path("git", "new.git"))
	for _, dir := range []string{"var/lib", "etc/enid"} {
		if err := os.MkdirAll(h.path(dir), 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
	config := fmt.Sprintf("repo: %s\nhost: web-1\ninterval: 500ms\n%s", h.repo.url(), more)
	if err := os.WriteFile(h.path("etc/enid/config.yaml"), []byte(config), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(h.path("var/lib/enid"), h.path("state")); err != nil { // where the lab's commands look
		h.t.Fatal(err)
	}
	if err := os.Symlink(h.repo.dir, h.path("network")); err != nil {
		h.t.Fatal(err)
	}
}

// systemctl does to the daemon what systemd does.
func (h *rehearsal) systemctl(verb string) {
	h.t.Helper()
	if verb == "reload" {
		h.d.cmd.Process.Signal(syscall.SIGHUP)
		h.within("reloaded", func() error { return h.has("cat "+h.path("daemon.log"), "the configuration was read again") })
		return
	}
	if verb != "start" && h.d != nil {
		h.d.end(syscall.SIGTERM)
		h.d = nil
	}
	if verb != "stop" {
		h.d = h.start("run", "--config", h.path("etc/enid/config.yaml"), "--state", h.path("var/lib/enid"))
	}
}

// follow types what stands under a heading of docs/running.md.
func (h *rehearsal) follow(heading string) {
	h.t.Helper()
	for _, line := range guideCommands(h.t, "running", heading) {
		if verb, ok := strings.CutPrefix(line, "sudo systemctl "); ok {
			h.systemctl(strings.TrimSuffix(verb, " enid"))
			continue
		}
		command, comment, _ := strings.Cut(line, "    # ")
		h.typed(line, `sudo() { "$@"; }; export ENID_STATE=`+h.path("var/lib/enid")+`; cd `+h.dir+` && `+h.paths.Replace(command), comment)
	}
}

// head is the commit that the branch has.
func (h *rehearsal) head() string { return h.repo.git("rev-parse", "HEAD") }

// secondAddress commits an address for eth1, and waits for it.
func (h *rehearsal) secondAddress() {
	h.t.Helper()
	h.repo.edit("topology/web-1-b.yaml", "  privateIP: 10.0.0.20\n", "  privateIP: 10.0.0.20\n  secondaryIPs: [10.0.0.30]\n")
	commit := h.repo.commit("web-1: a second address")
	h.within("the second address", all(h.inSync(commit), func() error { return h.has("ip rule", "from 10.0.0.30 ") }))
}

// has answers nil where a command shows a text.
func (h *rehearsal) has(command, text string) error {
	if out := h.must(strings.Fields(command)...); !strings.Contains(out, text) {
		return fmt.Errorf("%s: no %q in\n%s", command, text, out)
	}
	return nil
}

var (
	shownBlock = regexp.MustCompile("(?s)```\n\\$ enid status\n(.*?)```")
	changing   = regexp.MustCompile(`[0-9a-f]{12,40}|\d{4}-\d\d-\d\dT[0-9:]+Z|serial \d+|\s+`)
)

// shownIn answers nil where `enid status` says what that page shows of it, but for
// hashes, times and where lines are broken.
func (h *rehearsal) shownIn(page string) func() error {
	return func() error {
		found := shownBlock.FindStringSubmatch(guidePage(h.t, page))
		if found == nil {
			return fmt.Errorf("%s.md shows no enid status", page)
		}
		got := h.run("enid", "status").out
		want := h.paths.Replace(found[1])
		if changing.ReplaceAllString(got, " ") != changing.ReplaceAllString(want, " ") {
			return fmt.Errorf("the page shows\n%s\nit is\n%s", want, got)
		}
		return nil
	}
}

// A state is copied, and restored on another machine, of which it is the state then:
// with its history, and with what git has asked for since.
func TestE2ERunningBackup(t *testing.T) {
	t.Parallel()
	h := rehearse(t, "")
	rules := h.must("ip", "rule")
	h.follow("Backup")
	if now := h.must("ip", "rule"); now != rules {
		t.Errorf("the rules were\n%sand are\n%s", rules, now)
	}
	kept := h.history()
	h.secondAddress()
	h.systemctl("stop")

	other := rehearse(t, "")
	other.must("cp", h.path("enid-state.tar.gz"), other.dir)
	other.must("cp", h.path("etc/enid/config.yaml"), other.path("etc/enid")) // it follows the same repository
	other.must("git", "-C", other.repo.dir, "fetch", "--quiet", h.repo.bare, "main")
	other.repo.git("reset", "--quiet", "--hard", "FETCH_HEAD")
	if r := other.history(); r[0].Lineage == kept[0].Lineage {
		t.Fatalf("two machines have made one lineage, %s", r[0].Lineage)
	}
	other.follow("Restore")
	other.within("it goes on", all(other.inSync(h.head()), other.checkHistory, func() error { return other.has("ip rule", "from 10.0.0.30 ") }))
	if r := other.history(); r[0].Lineage != kept[0].Lineage || r[len(r)-len(kept)].Commit != kept[0].Commit {
		t.Errorf("the history is %+v, and was %+v", r, kept)
	}
}

// A state that is damaged is refused, and restored from the copy; one that is gone,
// from the text.
func TestE2ERunningStateLost(t *testing.T) {
	t.Parallel()
	h := rehearse(t, "")
	h.follow("Backup")
	before := h.must("enid", "get", "all", "-o", "yaml")
	h.systemctl("stop")
	db := h.path("var/lib/enid/enid.db")
	if err := os.Truncate(db, 100); err != nil {
		t.Fatal(err)
	}
	h.systemctl("start")
	<-h.d.done
	if code := h.d.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("the daemon ended with %d on a damaged state", code)
	}
	h.d = nil
	h.follow("The state is corrupt")
	h.follow("Restore")
	h.within("restored", h.inSync(h.head()))

	h.systemctl("stop")
	for _, name := range []string{"enid", "enid.before"} {
		if err := os.RemoveAll(h.path("var/lib", name)); err != nil {
			t.Fatal(err)
		}
	}
	h.follow("The state is lost")
	h.within("recorded", h.inSync(h.head()))
	if now := h.must("enid", "get", "all", "-o", "yaml"); now != before {
		t.Errorf("recorded is\n%s\nand was\n%s", now, before)
	}
	if info, err := os.Stat(h.path("var/lib/enid")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state is open to others: %v, %v", info, err)
	}
}

// The repository is gone, at another address, and made anew; the host is healed all
// the while.
func TestE2ERunningRepositoryLost(t *testing.T) {
	t.Parallel()
	h := rehearse(t, "")
	lose := func(bare string) {
		t.Helper()
		h.must("rm", "-r", bare)
		h.within("it is missed", h.sourceIs(h.head(), "Unreachable", "Missing"))
		h.systemctl("restart")
		h.ip("route del default table 1001")
		h.within("healed without git", func() error { return h.has("ip route show table 1001", "default via 10.0.0.253 dev eth1") })
		h.must("git", "init", "--quiet", "--bare", "--initial-branch=main", bare)
	}
	lose(h.repo.bare)
	h.follow("The repository is lost")

	h.must("mv", h.repo.bare, h.path("git", "new.git"))
	h.repo.bare = h.path("git", "new.git")
	h.repo.git("remote", "set-url", "origin", h.repo.bare)
	h.follow("The repository has another address")
	h.secondAddress()

	lose(h.repo.bare)
	h.must("rm", "-rf", h.repo.at(".git"))
	h.must("git", "init", "--quiet", "--initial-branch=main", h.repo.dir)
	h.repo.git("remote", "add", "origin", h.repo.bare)
	h.repo.commit("made anew")
	h.follow("The repository has another history")
	h.within("passed", h.inSync(h.head()))
}

// A machine takes the place of another, whose second NIC had another MAC.
func TestE2ERunningHostLost(t *testing.T) {
	t.Parallel()
	h := rehearse(t, "host-only: true\n")
	h.systemctl("stop")
	if err := os.RemoveAll(h.path("var/lib/enid")); err != nil {
		t.Fatal(err)
	}
	h.ip("link delete eth1")
	h.nic("eth1", "00:16:3e:00:00:99")
	h.follow("The host is lost")
	h.within("configured", func() error { return h.has("ip rule", "from 10.0.0.20 lookup 1001") })

	h.must("sh", "-c", "sed -i s/host-only:.true/host-only:\\ false/ "+h.path("etc/enid/config.yaml"))
	h.systemctl("restart")
	h.within("refused", func() error {
		if r := h.run("enid", "status"); !strings.Contains(r.out, "give another --state") {
			return fmt.Errorf("exit %d\n%s", r.code, r.out)
		}
		return nil
	})
	h.follow("host-only is switched on or off")
	h.within("a state of its own", h.inSync(h.head()))
}

// What was wrong is taken back: by a commit, by going back, on the console.
func TestE2ERunningBadCommit(t *testing.T) {
	t.Parallel()
	h := rehearse(t, "")
	h.secondAddress()
	h.follow("A bad commit is applied")
	h.secondAddress()

	bad, good := h.head(), h.repo.back(1)
	h.within("held", all(h.sourceIs(bad, "Rewound"), h.shownIn("troubleshooting")))
	if err := h.has("ip rule", "from 10.0.0.30 "); err != nil {
		t.Error(err)
	}
	h.must("sh", "-c", "echo 'on-rewind: follow' >>"+h.path("etc/enid/config.yaml"))
	h.systemctl("restart")
	h.within("followed", h.inSync(good))
	if err := h.has("ip rule", "from 10.0.0.30 "); err == nil {
		t.Error("the address of the commit that is gone is there still")
	}

	h.secondAddress()
	h.must("rm", "-r", h.repo.bare)
	h.follow("The host no longer reaches git")
}
