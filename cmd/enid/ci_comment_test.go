//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// bothForges runs a test against GitHub's script and GitLab's.
func bothForges(t *testing.T, test func(t *testing.T, f *forge)) {
	for _, gitlab := range []bool{false, true} {
		t.Run(map[bool]string{false: "github", true: "gitlab"}[gitlab], func(t *testing.T) {
			t.Parallel()
			test(t, newForge(t, gitlab))
		})
	}
}

// commented runs the script, which has to succeed.
func (f *forge) commented(report, code string) string {
	f.t.Helper()
	exit, out := f.comment(report, code, ciToken)
	if exit != 0 {
		f.t.Fatalf("exit %d\n%s", exit, out)
	}
	return out
}

func (f *forge) has(want ...string) {
	f.t.Helper()
	if got := f.bodies(); !slices.Equal(got, want) {
		f.t.Errorf("the comments are %q, want %q", got, want)
	}
}

// A report is commented once and brought up to date from then on. Without a change
// there is nothing to say, unless something was said before.
func TestCICommentsOnce(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		f.commented("none\n", "0")
		f.has()
		f.commented("one \"$(id)\" `é`\n", "2")
		f.has(ciMark + "one \"$(id)\" `é`\n")
		f.commented("two\n", "3")
		f.has(ciMark + "two\n")
		f.commented("none\n", "0")
		f.has(ciMark + "none\n")
	})
}

// Somebody else's comment with the mark stays as it is, and so does the bot's own
// that only quotes it.
func TestCILeavesOthersAlone(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		f.says("mallory", 66, ciMark+"forged")
		f.says("github-actions", 67, ciMark+"forged too")
		f.says(ciBot, ciBotID, "as it said: "+ciMark)
		f.commented("one\n", "2")
		f.commented("two\n", "2")
		f.has(ciMark+"forged", ciMark+"forged too", "as it said: "+ciMark, ciMark+"two\n")
	})
}

// Ours is found behind many of others, and looked for on no page after it.
func TestCIPages(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		for range 200 {
			f.says("ann", 1, "why?")
		}
		f.says(ciBot, ciBotID, ciMark+"old")
		for range 150 {
			f.says("ann", 1, "because")
		}
		f.commented("new\n", "2")
		if n, body := len(f.bodies()), f.bodies()[200]; n != 351 || body != ciMark+"new\n" {
			t.Errorf("%d comments, ours is %q", n, body)
		}
		if asked := fmt.Sprint(f.asked); !strings.Contains(asked, "page=3") || strings.Contains(asked, "page=4") {
			t.Errorf("asked: %s", asked)
		}
	})
}

// What passes is tried again; a write that was done although its answer was lost is
// not done twice.
func TestCITriesAgain(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		f.troubles = []trouble{
			{method: "GET", status: 500},
			{method: "GET", status: 200, body: "<html>maintenance</html>"},
			{method: "POST", status: 502, done: true},
		}
		f.commented("one\n", "2")
		f.has(ciMark + "one\n")
		f.troubles = []trouble{
			{method: "GET", status: 429, header: "0"},
			{method: "PATCH", status: 403, body: `{"message": "You have exceeded a secondary rate limit."}`},
			{method: "PUT", status: 403, header: "0"},
		}
		f.commented("two\n", "2")
		f.has(ciMark + "two\n")
	})
}

// A forge that stays down ends it, after five tries and no comment.
func TestCIGivesUp(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		for range 9 {
			f.troubles = append(f.troubles, trouble{method: "GET", status: 503})
		}
		exit, out := f.comment("one\n", "2", ciToken)
		if exit != 1 || len(f.asked) != 5 || !strings.Contains(out, "in five tries") {
			t.Errorf("exit %d after %d requests\n%s", exit, len(f.asked), out)
		}
		f.has()
	})
}

// A token that may not do it is told at once, with what it wants; what the forge says
// is inert, and never the token.
func TestCIRefused(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		f.troubles = []trouble{{method: "POST", status: 403, body: `{"message": "Resource not accessible\n::error::x\u001b[31m"}`}}
		exit, out := f.comment("one\n", "2", ciToken)
		want := "answered 403 to POST: Resource not accessible ::error::x[31m; "
		if exit != 1 || !strings.Contains(out, want) || !strings.Contains(out, map[bool]string{false: "pull-requests: write", true: "scope api"}[f.gitlab]) {
			t.Errorf("exit %d\n%s", exit, out)
		}
		f.troubles = []trouble{{method: "GET", status: 401, body: `{"message": "bad token ` + ciToken + `"}`}}
		if exit, out := f.comment("one\n", "2", ciToken); exit != 1 || !strings.Contains(out, "(hidden)") {
			t.Errorf("exit %d\n%s", exit, out)
		}
		if exit, out := f.comment("one\n", "2", "two\nlines"); exit != 1 || !strings.Contains(out, "characters that tokens have not") {
			t.Errorf("exit %d\n%s", exit, out)
		}
		if exit, out := f.comment("", "2", ciToken); exit != 1 || !strings.Contains(out, "there is no report") {
			t.Errorf("exit %d\n%s", exit, out)
		}
		f.has()
	})
}

// Without a token GitHub's job is broken, and GitLab's is a fork's.
func TestCIWithoutToken(t *testing.T) {
	bothForges(t, func(t *testing.T, f *forge) {
		want := map[bool]int{false: 1, true: 0}[f.gitlab]
		if exit, out := f.comment("one\n", "2", ""); exit != want || len(f.asked) > 0 {
			t.Errorf("exit %d, asked %v\n%s", exit, f.asked, out)
		}
	})
}

// A line of the report gives GitLab no command.
func TestCINoQuickActions(t *testing.T) {
	f := newForge(t, true)
	f.commented("one\n/merge\n", "2")
	f.has(ciMark + "one\n\\/merge\n")
}
