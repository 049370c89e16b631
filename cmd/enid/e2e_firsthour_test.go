//go:build linux

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	guideExit = regexp.MustCompile(`\bexit (\d)(?: or (\d))?`)
	guideShow = regexp.MustCompile(`\b(shows|hides): (.*)$`)
)

// What docs/first-hour.md tells a person to type is typed, on a machine that was set
// up by hand. Its comments say the exit code, where that is not 0, and what is to be
// seen, then or soon: enid works beside the person.
func TestE2EFirstHour(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ip("link delete eth2", "link set eth1 up", "address add 10.0.0.20/24 dev eth1", "route add default via 10.0.0.253 dev eth1 metric 1001",
		"route add default via 10.0.0.253 dev eth1 table 1001", "route add 10.0.0.0/24 dev eth1 table 1001", "rule add from 10.0.0.20 lookup 1001 priority 5000")
	work := l.path("work")
	if err := os.Mkdir(work, 0o777); err != nil {
		t.Fatal(err)
	}
	lines := guideCommands(t, "first-hour", "")
	for _, line := range lines {
		command, comment, _ := strings.Cut(line, "    # ")
		script := `sudo() { "$@"; }; cd ` + work + ` && `
		if background, ok := strings.CutSuffix(command, " &"); ok {
			cmd := l.background("sh", "-c", script+strings.Replace(background, "sudo ", "exec ", 1))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); cmd.Wait() })
			continue
		}
		l.typed(line, script+command, comment)
	}
	if len(lines) < 15 {
		t.Errorf("only %d commands were found", len(lines))
	}
}

// guideCommands are the lines of a page that are to be typed; under one heading alone,
// where one is named.
func guideCommands(t testing.TB, page, heading string) (lines []string) {
	t.Helper()
	under := heading == ""
	for line := range strings.Lines(guidePage(t, page)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") && heading != "" {
			under = strings.TrimLeft(line, "# ") == heading
		}
		if typed, ok := strings.CutPrefix(line, "    "); ok && under {
			lines = append(lines, typed)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("%s.md has nothing to type under %q", page, heading)
	}
	return lines
}

// typed runs a line of a page and holds it to its comment: at once, or soon where
// something is to be seen.
func (l *lab) typed(line, script, comment string) {
	l.t.Helper()
	check := func() error { return typedOnce(l, script, comment) }
	if guideShow.MatchString(comment) {
		l.within(line, check)
	} else if err := check(); err != nil {
		l.t.Fatalf("%s: %v", line, err)
	}
}

// typedOnce runs a line and holds it to its comment.
func typedOnce(l *lab, script, comment string) error {
	r := l.run("sh", "-c", script)
	codes := []string{"0"}
	if found := guideExit.FindStringSubmatch(comment); found != nil {
		codes = found[1:]
	}
	if code := fmt.Sprint(r.code); code != codes[0] && code != codes[len(codes)-1] {
		return fmt.Errorf("exit %s, wanted %s\n%s%s", code, strings.Join(codes, " or "), tail(r.out), tail(r.err))
	}
	if show := guideShow.FindStringSubmatch(comment); show != nil && strings.Contains(r.out+r.err, show[2]) != (show[1] == "shows") {
		return fmt.Errorf("it %s no %q:\n%s%s", show[1], show[2], tail(r.out), tail(r.err))
	}
	return nil
}
