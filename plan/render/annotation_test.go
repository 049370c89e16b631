package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"enid/schema"
)

func annotation(file string, line int, rule, message string, advice bool) Annotation {
	return Annotation{Finding: schema.Finding{Pos: schema.Pos{File: file, Line: line, Column: 3},
		Ref: schema.Ref{Kind: schema.KindENI, Name: "a"}, Path: "spec.privateIP", Rule: rule, Message: message, Advice: advice}, End: 9}
}

// TestGitHubIsInert has text of the tree end neither its property nor its line.
func TestGitHubIsInert(t *testing.T) {
	var out bytes.Buffer
	hostile := "50%\r\n::stop-commands::x\x1b[31m\u202e"
	if err := GitHub(&out, []Annotation{annotation("a:b,c=%\n::error::x.yaml", 1, "", hostile, false)}); err != nil {
		t.Fatal(err)
	}
	const want = `::error file=a%3Ab%2Cc=%25\n%3A%3Aerror%3A%3Ax.yaml,line=1,col=3,endColumn=9,title=enid%3A schema` +
		`::ENI/a: spec.privateIP: 50%25\u000d\n::stop-commands::x\u001b[31m\u202e` + "\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

// TestGitHubOrder has the ten that GitHub shows tell as much as ten can, and a
// notice only where there are more.
func TestGitHubOrder(t *testing.T) {
	list := []Annotation{annotation("a.yaml", 1, "advice.a", "m", true)}
	for i := range 12 {
		list = append(list, annotation("a.yaml", 2+i, "often", "m", false))
	}
	list = append(list, annotation("a.yaml", 99, "once", "m", false))
	var out bytes.Buffer
	if err := GitHub(&out, list); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{"line=2,", "line=99,", "line=3,"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d: %s, want %s", i, lines[i], want)
		}
	}
	if len(lines) != 15 || !strings.HasPrefix(lines[13], "::warning ") || !strings.HasPrefix(lines[14], "::notice title=enid::13 errors and 1 advice in all") {
		t.Errorf("the end is %q", lines[len(lines)-2:])
	}
	out.Reset()
	if err := GitHub(&out, list[:11]); err != nil || strings.Contains(out.String(), "::notice") {
		t.Errorf("a notice where GitHub shows all: %v, %s", err, out.String())
	}
}

type parsedLog struct {
	Runs []struct {
		Results []struct {
			RuleID       string                `json:"ruleId"`
			Level        string                `json:"level"`
			Message      struct{ Text string } `json:"message"`
			Fingerprints map[string]string     `json:"partialFingerprints"`
		}
		Invocations []struct {
			Notifications []struct{ Message struct{ Text string } } `json:"toolExecutionNotifications"`
		}
	}
}

func sarifOf(t *testing.T, list []Annotation) (log parsedLog, size int) {
	t.Helper()
	var out bytes.Buffer
	none := func(string) (schema.Rule, bool) { return schema.Rule{}, false }
	if err := SARIF(&out, list, "v1", none); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return log, out.Len()
}

// TestSARIFLimits has a log never exceed what code scanning takes; advice goes first.
func TestSARIFLimits(t *testing.T) {
	var many []Annotation
	for i := range maxResults + 10 {
		many = append(many, annotation("a.yaml", i+1, "r", "m", i < 20))
	}
	log, _ := sarifOf(t, many)
	run := log.Runs[0]
	advice := 0
	for _, r := range run.Results {
		if r.Level == "warning" {
			advice++
		}
	}
	if len(run.Results) != maxResults || advice != 10 {
		t.Errorf("%d results, %d of them advice; want %d and 10", len(run.Results), advice, maxResults)
	}
	if notes := run.Invocations[0].Notifications; len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "10 of 25010 findings are left out") {
		t.Errorf("what is left out is told as %v", notes)
	}

	var long []Annotation
	for i := range 5000 {
		long = append(long, annotation("a.yaml", i+1, "r", strings.Repeat("é", maxAnnotation), false))
	}
	log, size := sarifOf(t, long)
	if n := len(log.Runs[0].Results); n == 0 || n == len(long) || size > 10_000_000 {
		t.Errorf("%d results in %d bytes", n, size)
	}
	if text := log.Runs[0].Results[0].Message.Text; !utf8.ValidString(text) || len(text) > maxAnnotation+3 || !strings.HasSuffix(text, "é...") {
		t.Errorf("a long text of %d bytes ends in %q", len(text), text[len(text)-8:])
	}
}

// TestFingerprints has a finding stay itself where lines moved, and two findings of
// one place in the tree be two.
func TestFingerprints(t *testing.T) {
	prints := func(list ...Annotation) (all []string) {
		log, _ := sarifOf(t, list)
		for _, r := range log.Runs[0].Results {
			all = append(all, r.Fingerprints["primaryLocationLineHash"])
		}
		return all
	}
	syntax := func(line int) Annotation {
		a := annotation("a.yaml", line, "", fmt.Sprintf("line %d: this is not YAML", line), false)
		a.Ref, a.Path = schema.Ref{}, ""
		return a
	}
	before := prints(annotation("a.yaml", 3, "r", "m", false), annotation("a.yaml", 4, "r", "m", false), syntax(9), annotation("b.yaml", 3, "r", "m", false))
	after := prints(annotation("a.yaml", 13, "r", "m", false), annotation("a.yaml", 14, "r", "m", false), syntax(19), annotation("b.yaml", 5, "r", "m", false))
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("before %v\nafter  %v", before, after)
	}
	seen := map[string]bool{}
	for _, p := range before {
		if seen[p] {
			t.Errorf("%s stands for two findings", p)
		}
		seen[p] = true
	}
}

// TestSARIFHasNoLinks has a message hold no link of the tree's.
func TestSARIFHasNoLinks(t *testing.T) {
	log, _ := sarifOf(t, []Annotation{annotation("a.yaml", 1, "r", "see [the docs](http://evil.example)", false)})
	if text := log.Runs[0].Results[0].Message.Text; strings.Contains(text, "](") {
		t.Errorf("a link: %s", text)
	}
}
