package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// aTown is a repository with a subnet for each 250 ENIs, so many of them in a file,
// one commit, and a branch.
type aTown struct {
	tb   testing.TB
	dir  string
	git  func(args ...string) string
	each int
}

func newTown(tb testing.TB, enis, each int) aTown {
	tb.Helper()
	r := aTown{tb: tb, dir: tb.TempDir(), each: each}
	r.git = gitIn(tb, r.dir)
	r.write("net.yaml", `{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: alibaba, quotas: {enisPerRegion: 1000000}}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {region: cn-hangzhou, cidr: 10.0.0.0/8}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: web}, spec: {vpc: prod}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: db}, spec: {vpc: prod}}
`)
	for n := range enis {
		if n%250 == 0 {
			r.write(fmt.Sprintf("s%03d/net.yaml", n/250), fmt.Sprintf(
				"{apiVersion: enid/v1, kind: Subnet, metadata: {name: s%03d}, spec: {vpc: prod, zone: cn-hangzhou-b, cidr: 10.%d.%d.0/23}}\n", n/250, n/250/128, n/250%128*2))
		}
		if n%each == 0 {
			r.enis(n, "web")
		}
	}
	r.git("init", "-q", "-b", "main")
	r.commit("the town")
	r.git("checkout", "-q", "-b", "feature")
	return r
}

func (r aTown) write(name, content string) {
	r.tb.Helper()
	name = filepath.Join(r.dir, "topology", name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		r.tb.Fatal(err)
	}
}

// enis writes the file that begins with the n-th ENI, all of them in that group.
func (r aTown) enis(n int, group string) {
	r.tb.Helper()
	var text strings.Builder
	for i := n; i < n+r.each; i++ {
		fmt.Fprintf(&text, "---\napiVersion: enid/v1\nkind: ENI\nmetadata: {name: e%05d}\nspec:\n  subnet: s%03d\n  securityGroups: [%s]\n", i, i/250, group)
	}
	r.write(fmt.Sprintf("s%03d/e%05d.yaml", n/250, n), text.String())
}

func (r aTown) commit(subject string) {
	r.tb.Helper()
	r.git("add", ".")
	r.git("commit", "-qm", subject)
}

// diff runs the command, and answers what it prints.
func (r aTown) diff(args ...string) string {
	r.tb.Helper()
	var out, errs bytes.Buffer
	code := newApp(nil, &out, &errs).run(context.Background(), append([]string{"diff", "--repo", r.dir, "--at", "2026-11-23T09:00:00Z"}, args...))
	if code != exitChanges {
		r.tb.Fatalf("exit %d: %s", code, &errs)
	}
	return out.String()
}

// TestDiffFits is a change of 20,000 resources: its report fits a comment, leaves
// nothing uncounted, and is the same twice.
func TestDiffFits(t *testing.T) {
	const changed = 20_000
	r := newTown(t, changed, 250)
	for n := 0; n < changed; n += r.each {
		r.enis(n, "db")
	}
	r.commit("everything into another group")
	report := r.diff("--format", "markdown")
	if n := len(utf16.Encode([]rune(report))); n > 65_536 || len(report) > 65_536 || !utf8.ValidString(report) {
		t.Errorf("%d bytes, %d UTF-16 units", len(report), n)
	}
	if fences := strings.Count(report, "```"); fences%2 != 0 {
		t.Errorf("%d fences", fences)
	}
	if open, closed := strings.Count(report, "<details"), strings.Count(report, "</details>"); open != closed {
		t.Errorf("%d details open, %d close", open, closed)
	}
	for _, want := range []string{"20,000", "more"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q:\n%.600s", want, report)
		}
	}
	if again := r.diff("--format", "markdown"); again != report {
		t.Error("the same change reads differently the second time")
	}
}

// BenchmarkDiff is a change of ten files of 10,000, with what git itself takes to
// say which lines differ.
func BenchmarkDiff(b *testing.B) {
	r := newTown(b, 10_000, 1)
	for n := range 10 {
		r.enis(n*1000, "db")
	}
	r.commit("ten of them into another group")
	b.Run("enid", func(b *testing.B) {
		for b.Loop() {
			r.diff()
		}
	})
	b.Run("git-diff-stat", func(b *testing.B) {
		for b.Loop() {
			r.git("diff", "--stat", "main..feature")
		}
	})
}
