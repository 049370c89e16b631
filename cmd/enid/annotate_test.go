package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// mistakes are files with one mistake each, and the word that is to be marked. The
// mistakes of all of them are in an ENI's document, which comes after another.
var mistakes = []struct {
	name, before, document, word string
	line                         int
}{
	{"plain.yaml", "", "spec:\n  nosuch: 1\n", "nosuch", 8},
	{"crlf.yaml", "", "spec:\r\n  nosuch: 1\r\n", "nosuch", 8},
	{"bom.yaml", "\xef\xbb\xbf", "spec: {nosuch: 1}\n", "nosuch", 7},
	{"wide.yaml", "", "spec: {description: \"é😀漢\", nosuch: 1}\n", "nosuch", 7},
	{"quoted.yaml", "", "spec: {subnet: \"a b, c\"}\n", `"a b, c"`, 7},
	{"cr.yaml", "# old\r# Mac\r", "spec:\n  nosuch: 1\n", "nosuch", 8},
	{"separator.yaml", "# \u2028 \u0085\n", "spec:\n  nosuch: 1\n", "nosuch", 9},
	{"tab.json", "", `{"apiVersion": "enid/v1", "kind": "ENI", "metadata": {"name": "tab"}, "spec": {` + "\t\t\"description\": \"😀\",\t\"nosuch\": 1}}\n", `"nosuch"`, 1},
}

// TestAnnotationsStandAtTheWord marks each mistake where a person sees it: the line
// as git counts it, the columns as editors do.
func TestAnnotationsStandAtTheWord(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, m := range mistakes {
		text := m.document
		if strings.HasSuffix(m.name, ".yaml") {
			name := strings.TrimSuffix(m.name, ".yaml")
			// A document in block style, its first lines ended as its last.
			head := "apiVersion: enid/v1\nkind: ENI\nmetadata: {name: " + name + "}\n"
			if strings.Contains(m.document, "\r\n") {
				head = strings.ReplaceAll(head, "\n", "\r\n")
			}
			text = m.before + "apiVersion: enid/v1\nkind: Policy\n---\n" + head + m.document
		}
		texts[m.name] = text
		if err := os.WriteFile(filepath.Join(dir, m.name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log := sarifLogOf(t, dir)
	for _, m := range mistakes {
		var words []string
		for _, r := range log.Runs[0].Results {
			at := r.Locations[0].Physical
			if name, err := url.PathUnescape(at.Artifact.URI); err != nil || name != m.name || at.Region.Line != m.line {
				continue
			}
			line := strings.Split(strings.TrimPrefix(texts[m.name], "\xef\xbb\xbf"), "\n")[m.line-1]
			units := utf16.Encode([]rune(line))
			words = append(words, string(utf16.Decode(units[at.Region.Column-1:at.Region.End-1])))
		}
		if !slices.Contains(words, m.word) {
			t.Errorf("%s: line %d has %q marked, want %q", m.name, m.line, words, m.word)
		}
	}
}

// sarifFile is what these tests read of a log.
type sarifFile struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Results []struct {
			RuleID    string `json:"ruleId"`
			RuleIndex int    `json:"ruleIndex"`
			Message   struct{ Text string }
			Locations []struct {
				Physical struct {
					Artifact struct{ URI string } `json:"artifactLocation"`
					Region   struct {
						Line   int `json:"startLine"`
						Column int `json:"startColumn"`
						End    int `json:"endColumn"`
					}
				} `json:"physicalLocation"`
			}
		}
	}
}

// sarifLogOf validates a folder, and holds the log to the standard.
func sarifLogOf(t *testing.T, dir string) (log sarifFile) {
	t.Helper()
	var out, complaints bytes.Buffer
	newApp(nil, &out, &complaints).run(t.Context(), []string{"validate", dir, "--format", "sarif"})
	if complaints.Len() > 0 {
		t.Fatalf("enid validate: %s", &complaints)
	}
	var any any
	if err := json.Unmarshal(out.Bytes(), &any); err != nil {
		t.Fatal(err)
	}
	if err := sarifSchema(t).Validate(any); err != nil {
		t.Fatalf("%#v", err)
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Results {
		if rules := log.Runs[0].Tool.Driver.Rules; r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("rule %s is not the driver's %d", r.RuleID, r.RuleIndex)
		}
	}
	return log
}

func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	s, err := c.Compile("testdata/sarif.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSARIFOfHostileFiles holds the log of hostile files to the standard, and has
// nothing secret in it.
func TestSARIFOfHostileFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a:b.yaml":            "kind: ENI\n",
		"per%41cent #?.yaml":  "- 1\n",
		"sub/é\u202e😀.yaml":   "apiVersion: enid/v1\nkind: Nothing\nmetadata: {name: a}\n",
		"secret.yaml":         "apiVersion: enid/v1\nkind: Instance\nmetadata: {name: s}\nspec: {userData: [hunter2], type: 1}\n",
		"secret-syntax.yaml":  "apiVersion: enid/v1\nkind: Instance\nmetadata: {name: s}\nspec:\n  userData: \"hunter2\n",
		"broken.yaml":         "a: b: c\n",
		"utf16.yaml":          "\xff\xfea\x00",
		"nul.json":            "{\"a\": \"\x00\"}",
		"bidi.yaml":           "# \u202e\nkind: ENI\n",
		"::error::forged.yml": "kind: 3\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GITHUB_WORKSPACE", dir)
	log := sarifLogOf(t, dir)
	files := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		name, err := url.PathUnescape(r.Locations[0].Physical.Artifact.URI)
		if err != nil {
			t.Error(err)
		}
		files[name] = true
		if strings.Contains(r.Message.Text, "hunter2") {
			t.Errorf("a secret: %s", r.Message.Text)
		}
	}
	for _, want := range []string{"a:b.yaml", "per%41cent #?.yaml", "sub/é\u202e😀.yaml", "::error::forged.yml"} {
		if !files[want] {
			t.Errorf("no finding of %q among %v", want, files)
		}
	}
	code, out := printed(t, "validate", dir, "--format", "github")
	if code != exitFailed || strings.Contains(out, "hunter2") || strings.Contains(out, "\u202e") {
		t.Errorf("exit %d\n%s", code, out)
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "::error file=") && !strings.HasPrefix(line, "::notice title=enid::") {
			t.Errorf("a line of the tree's: %q", line)
		}
	}
}

// TestValidateRevision reads a commit that is not checked out, and gives the same
// annotations as of its folder.
func TestValidateRevision(t *testing.T) {
	top := t.TempDir()
	git := gitIn(t, top)
	git("init", "--quiet", "--initial-branch=main")
	file := filepath.Join(top, "topology", "a.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("apiVersion: enid/v1\nkind: VPC\nmetadata: {name: é}\nspec: {nosuch: 1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("add", "--all")
	git("commit", "--quiet", "--message", "one")
	_, want := printed(t, "validate", filepath.Dir(file), "--format", "sarif")
	if err := os.RemoveAll(filepath.Dir(file)); err != nil {
		t.Fatal(err)
	}
	git("commit", "--quiet", "--all", "--allow-empty", "--message", "gone")
	code, got := printed(t, "validate", "--repo", top, "--revision", "HEAD~1", "--format", "sarif")
	if code != exitFailed || got != want || !strings.Contains(got, `"uri": "topology/a.yaml"`) {
		t.Errorf("exit %d\n%s\nthe folder's:\n%s", code, got, want)
	}
	for _, wrong := range [][]string{{"--revision", "HEAD~9"}, {"--revision", "HEAD~1..HEAD"}, {"--revision", "--all"}, {"--revision", "HEAD", "../x"}, {}} {
		if code, out := printed(t, append([]string{"validate", "--repo", top}, wrong...)...); code != exitFailed || !strings.HasPrefix(out, "enid: ") {
			t.Errorf("%v: exit %d, %s", wrong, code, out)
		}
	}
}

// gitIn answers a function that runs git in a folder, with nothing of this machine's
// configuration, and answers what it prints.
func gitIn(t testing.TB, dir string) func(args ...string) string {
	return func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.com",
			"GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
}
