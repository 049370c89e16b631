//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	ciFolder = "../../examples/ci"
	ciToken  = "ghs_16C7e42F292c6912E7" // of these tests alone
	ciMark   = "<!-- enid-report -->\n"
	ciBot    = "github-actions[bot]"
	ciBotID  = 41
)

// remark is a comment of GitHub's or a note of GitLab's: the parts that both have,
// and the author as each of them names it.
type remark struct {
	ID   int `json:"id"`
	User struct {
		Login string `json:"login"`
	} `json:"user"`
	Author struct {
		ID int `json:"id"`
	} `json:"author"`
	Body string `json:"body"`
}

// trouble is what the forge does instead of one request, or after it where done.
type trouble struct {
	method string
	status int
	header string // a Retry-After, "" for none
	body   string
	done   bool
}

// forge stands for the API of GitHub or GitLab, with pull request 7.
type forge struct {
	*httptest.Server
	t        *testing.T
	gitlab   bool
	mu       sync.Mutex
	remarks  []remark
	troubles []trouble
	asked    []string
}

func newForge(t *testing.T, gitlab bool) *forge {
	f := &forge{t: t, gitlab: gitlab, remarks: []remark{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// says adds a remark.
func (f *forge) says(login string, id int, body string) {
	r := remark{ID: len(f.remarks) + 1, Body: body}
	r.User.Login, r.Author.ID = login, id
	f.remarks = append(f.remarks, r)
}

func (f *forge) bodies() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.remarks {
		all = append(all, r.Body)
	}
	return all
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.Method+" "+r.URL.RequestURI())
	if r.Header.Get("Authorization") != "Bearer "+ciToken && r.Header.Get("PRIVATE-TOKEN") != ciToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if i := slices.IndexFunc(f.troubles, func(x trouble) bool { return x.method == r.Method }); i >= 0 {
		x := f.troubles[i]
		f.troubles = slices.Delete(f.troubles, i, i+1)
		if x.done {
			f.answer(httptest.NewRecorder(), r)
		}
		if x.header != "" {
			w.Header().Set("Retry-After", x.header)
		}
		w.WriteHeader(x.status)
		fmt.Fprint(w, x.body)
		return
	}
	f.answer(w, r)
}

// answer does a request as the forge would.
func (f *forge) answer(w http.ResponseWriter, r *http.Request) {
	list, one, change := "/repos/o/r/issues/7/comments", "/repos/o/r/issues/comments/", "PATCH"
	if f.gitlab {
		list, one, change = "/projects/5/merge_requests/7/notes", "/projects/5/merge_requests/7/notes/", "PUT"
	}
	var sent struct{ Body string }
	if r.Method != "GET" {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.Header.Get("Content-Type") != "application/json" {
			f.t.Errorf("a body that is no JSON: %v", err)
		}
	}
	id, isOne := strings.CutPrefix(r.URL.Path, one)
	n, _ := strconv.Atoi(id)
	switch {
	case r.Method == "GET" && r.URL.Path == "/user" && f.gitlab:
		fmt.Fprintf(w, `{"id": %d}`, ciBotID)
	case r.Method == "GET" && r.URL.Path == list:
		size, _ := strconv.Atoi(r.FormValue("per_page"))
		page, _ := strconv.Atoi(r.FormValue("page"))
		from := min(size*(page-1), len(f.remarks))
		json.NewEncoder(w).Encode(f.remarks[from:min(from+size, len(f.remarks))])
	case r.Method == "POST" && r.URL.Path == list:
		f.says(ciBot, ciBotID, sent.Body)
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(f.remarks[len(f.remarks)-1])
	case r.Method == change && isOne && n >= 1 && n <= len(f.remarks):
		f.remarks[n-1].Body = sent.Body
		json.NewEncoder(w).Encode(f.remarks[n-1])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// env is what the scripts find of the forge in their environment.
func (f *forge) env() []string {
	return []string{"GITHUB_API_URL=" + f.URL, "GITHUB_REPOSITORY=o/r", "CI_API_V4_URL=" + f.URL, "CI_PROJECT_ID=5", "CI_MERGE_REQUEST_IID=7", "ENID_PAUSE=0"}
}

// comment runs the forge's comment script, and answers its exit code and all that it
// printed. The token is in neither that nor any command line of curl's.
func (f *forge) comment(report, code, token string) (int, string) {
	f.t.Helper()
	dir := f.t.TempDir()
	file := filepath.Join(dir, "report.md")
	if err := os.WriteFile(file, []byte(report), 0o644); err != nil {
		f.t.Fatal(err)
	}
	args := []string{filepath.Join(ciFolder, "comment-github.sh"), "7", file, code}
	if f.gitlab {
		args = []string{filepath.Join(ciFolder, "comment-gitlab.sh"), file, code}
	}
	lines := filepath.Join(dir, "lines")
	shim := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$@\" >>%s\nexec %s \"$@\"\n", lines, tool(f.t, "curl"))
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(shim), 0o755); err != nil {
		f.t.Fatal(err)
	}
	tool(f.t, "jq")
	cmd := exec.Command("/bin/sh", append([]string{"-x"}, args...)...)
	cmd.Env = append(f.env(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir, "TMPDIR="+dir, "GITHUB_TOKEN="+token, "ENID_GITLAB_TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		f.t.Fatal(err)
	}
	said, _ := os.ReadFile(lines)
	if token != "" && (strings.Contains(string(out), token) || strings.Contains(string(said), token)) {
		f.t.Errorf("the token is told:\n%s\n%s", out, said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tmp.*")); len(left) > 0 {
		f.t.Errorf("left behind: %v", left)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// tool answers a program that the scripts need. A person without it has the test
// skipped; CI, which is root, installs it.
func tool(t *testing.T, name string) string {
	t.Helper()
	file, err := exec.LookPath(name)
	if err != nil && os.Geteuid() == 0 {
		t.Fatalf("%v: .ci/run installs it", err)
	} else if err != nil {
		t.Skip(err)
	}
	return file
}
