package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/reconcile"
)

// forgeLab is a forge that keeps statuses as the documents of its API say, and what
// tells it.
type forgeLab struct {
	*receiver
	t        *testing.T
	kind     Forge
	statuses map[string][]map[string]string // by commit, newest first
	opt      CommitOptions
	counts   map[string]int
	c        *Commits
	stop     func()
}

func newForgeLab(t *testing.T, kind Forge) *forgeLab {
	t.Helper()
	l := &forgeLab{receiver: newReceiver(t), t: t, kind: kind, statuses: map[string][]map[string]string{}, counts: map[string]int{}}
	l.Server.Close()
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Server.Close)
	base := map[Forge]string{GitHub: "/repos/acme/network", GitLab: "/api/v4/projects/acme%2Fnetwork", Gitea: "/api/v1/repos/acme/network"}[kind]
	l.opt = CommitOptions{Common: l.common(l.counts), Forge: kind, URL: l.Server.URL + base, TokenFile: file(t, "token", planted+"\n"), Context: "enid/web-1"}
	l.start()
	return l
}

func (l *forgeLab) start() {
	l.t.Helper()
	c, err := NewCommits(l.opt)
	if err != nil {
		l.t.Fatal(err)
	}
	l.c, l.stop = c, running(l.t, c.Run)
}

// ServeHTTP is the forge.
func (l *forgeLab) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, _ := io.ReadAll(q.Body)
	status := 0
	if len(l.answers) > 0 {
		status, l.answers = l.answers[0], l.answers[1:]
	}
	auth := map[Forge]string{GitHub: "Bearer ", GitLab: "", Gitea: "token "}[l.kind] + planted
	have := q.Header.Get("Authorization")
	if l.kind == GitLab {
		have = q.Header.Get("PRIVATE-TOKEN")
	}
	path := strings.TrimPrefix(q.URL.EscapedPath(), strings.TrimPrefix(l.opt.URL, l.Server.URL))
	switch {
	case status != 0:
		w.WriteHeader(status)
	case have != auth:
		w.WriteHeader(http.StatusUnauthorized)
	case q.Method == http.MethodPost && strings.HasPrefix(path, "/statuses/"):
		l.post(w, path[len("/statuses/"):], body)
	case q.Method == http.MethodGet && l.kind == GitLab && strings.HasPrefix(path, "/repository/commits/"):
		list := []map[string]string{}
		for _, s := range l.statuses[strings.Split(path, "/")[3]] {
			if s["name"] == q.FormValue("name") {
				list = append(list, map[string]string{"name": s["name"], "status": s["state"], "description": s["description"]})
				break
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	case q.Method == http.MethodGet && l.kind != GitLab && strings.HasPrefix(path, "/commits/") && strings.HasSuffix(path, "/status"):
		field := map[Forge]string{GitHub: "state", Gitea: "status"}[l.kind]
		list := []map[string]string{}
		for _, s := range l.statuses[strings.Split(path, "/")[2]] {
			list = append(list, map[string]string{"context": s["context"], field: s["state"], "description": s["description"]})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"state": "pending", "statuses": list})
	default:
		w.WriteHeader(http.StatusNotFound)
		l.t.Errorf("%s %s", q.Method, q.URL)
	}
}

func (l *forgeLab) post(w http.ResponseWriter, commit string, body []byte) {
	var s map[string]string
	if err := json.Unmarshal(body, &s); err != nil {
		l.t.Errorf("%v: %s", err, body)
	}
	states := map[Forge]string{GitHub: "error failure pending success", Gitea: "pending success error failure warning", GitLab: "pending running success failed canceled skipped"}[l.kind]
	if !strings.Contains(" "+states+" ", " "+s["state"]+" ") || len(s["description"]) > 140 {
		l.t.Errorf("not taken: %v", s)
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	if before := l.statuses[commit]; l.kind == GitLab && len(before) > 0 && before[0]["state"] == s["state"] && before[0]["description"] == s["description"] {
		l.t.Errorf("GitLab refuses to go from a state to the same: %v", s)
	}
	l.statuses[commit] = append([]map[string]string{s}, l.statuses[commit]...)
	w.WriteHeader(http.StatusCreated)
}

// want compares what stands on a commit, oldest first.
func (l *forgeLab) want(commit string, want ...string) {
	l.t.Helper()
	until(l.t, "that nothing waits", func() bool { return l.c.Queued() == 0 })
	l.mu.Lock()
	defer l.mu.Unlock()
	var got []string
	for _, s := range l.statuses[commit] {
		got = append([]string{fmt.Sprintf("%s%s %s: %s", s["context"], s["name"], s["state"], s["description"])}, got...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%.4s: %s", commit, diff)
	}
}

func TestCommitsAreTold(t *testing.T) {
	for _, kind := range []Forge{GitHub, GitLab, Gitea} {
		t.Run(string(kind), func(t *testing.T) {
			l := newForgeLab(t, kind)
			failed := map[Forge]string{GitHub: "failure", GitLab: "failed", Gitea: "failure"}[kind]
			l.mu.Lock()
			field := map[Forge]string{GitHub: "context", GitLab: "name", Gitea: "context"}[kind]
			l.statuses[commit("a")] = []map[string]string{{field: "ci", "state": "success"}, {field: "enid/web-2", "state": "success", "description": "applied as serial 7"}}
			l.answers = []int{500, 503, 401}
			l.mu.Unlock()
			others := []string{"enid/web-2 success: applied as serial 7", "ci success: "}
			blocked := with(is(reconcile.Ready, ""), func(s *reconcile.Status) { s.Blocked = 2 })
			l.c.Turned(blocked)
			want := append(others, "enid/web-1 pending: 2 steps are blocked; enid status and enid plan say by which rules")
			l.want(commit("a"), want...)
			l.c.Turned(is(reconcile.Unreachable, "down"))
			l.want(commit("a"), want...)
			l.stop()
			l.start() // as after a crash: the forge knows it already
			l.c.Turned(blocked)
			l.want(commit("a"), want...)
			l.c.Turned(is(reconcile.Ready, ""))
			want = append(want, "enid/web-1 success: applied as serial 7")
			l.want(commit("a"), want...)
			l.c.Turned(with(is(reconcile.Invalid, commit("b")+" does not validate: 3 errors"), func(s *reconcile.Status) { s.Source.Revision = commit("b") }))
			l.want(commit("b"), "enid/web-1 "+failed+": Invalid: does not validate: 3 errors")
			l.want(commit("a"), want...)
			if n := l.counted(l.counts, "retried"); n != 3 {
				t.Errorf("%d tries failed", n)
			}
		})
	}
}

// A commit that the forge does not know is given up; a token that is replaced counts
// from the next try on.
func TestRefusedCommitStatus(t *testing.T) {
	l := newForgeLab(t, GitHub)
	l.answers = []int{422}
	l.c.Turned(is(reconcile.Ready, ""))
	l.want(commit("a"))
	if n := l.counted(l.counts, "dropped"); n != 1 {
		t.Errorf("%d given up", n)
	}
	if err := os.WriteFile(l.opt.TokenFile, []byte("outdated"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.c.Turned(is(reconcile.Shrunk, commit("a")+" is held: 9 of 9 managed resources would go"))
	until(t, "a try", func() bool { return l.counted(l.counts, "retried") > 0 })
	if err := os.WriteFile(l.opt.TokenFile, []byte(planted), 0o600); err != nil {
		t.Fatal(err)
	}
	l.want(commit("a"), "enid/web-1 failure: Shrunk: 9 of 9 managed resources would go")
}

func TestVerdicts(t *testing.T) {
	ready := is(reconcile.Ready, "")
	host := func(c reconcile.HostCondition) func(*reconcile.Status) {
		return func(s *reconcile.Status) {
			s.Host = &reconcile.HostStatus{Name: "web-1", Condition: c, Message: "nobody knows"}
		}
	}
	and := func(typ, status string) func(*reconcile.Status) {
		return func(s *reconcile.Status) {
			s.Conditions = append(s.Conditions, reconcile.StatusCondition{Type: typ, Status: status, Reason: "Because", Message: "of it"})
		}
	}
	for _, c := range []struct {
		turned reconcile.Turned
		want   string
	}{
		{ready, "success applied as serial 7"},
		{with(ready, host(reconcile.HostConverged)), "success applied as serial 7"},
		{with(ready, host(reconcile.HostDegraded)), "failure host web-1: nobody knows"},
		{with(ready, host(reconcile.HostWaiting)), "pending host web-1: nobody knows"},
		{with(ready, host(reconcile.HostConverging)), "pending 0 steps are to be done"},
		{with(ready, and("Suspended", "True")), "pending suspended: of it"},
		{with(ready, and("Certain", "False")), "failure Because: of it"},
		{with(ready, and("Confirmed", "False")), "failure Because: of it"},
		{with(ready, and("Confirmed", "Unknown")), "success applied as serial 7"},
		{with(ready, func(s *reconcile.Status) { s.Pending, s.Drifted = 3, 2 }), "pending 3 steps are to be done"},
		{with(ready, func(s *reconcile.Status) { s.Source.Revision = commit("b") }), "pending 0 steps are to be done"},
		{is(reconcile.NotVerified, "nobody signed it"), "failure NotVerified: nobody signed it"},
		{is(reconcile.Rewound, "it went back"), "failure Rewound: it went back"},
		{is(reconcile.Unreachable, "down"), ""},
		{is(reconcile.Fetching, ""), ""},
		{with(ready, func(s *reconcile.Status) { s.Source.Revision = "dir:123" }), ""},
	} {
		got, ok := verdict(c.turned.Status)
		if text := strings.TrimSpace(fmt.Sprintf("%s %s", got.state, got.description)); ok != (c.want != "") || ok && text != c.want {
			t.Errorf("%s: %q, want %q", c.turned.Status.Source.Condition, text, c.want)
		}
	}
}

func TestRepositoryURL(t *testing.T) {
	for _, c := range []struct {
		kind       Forge
		repo, want string
	}{
		{GitHub, "https://github.com/acme/network.git", "https://api.github.com/repos/acme/network"},
		{GitHub, "git@github.com:acme/network.git", "https://api.github.com/repos/acme/network"},
		{GitHub, "ssh://git@ghe.example.com:2222/acme/network", "https://ghe.example.com/api/v3/repos/acme/network"},
		{GitLab, "https://gitlab.example.com:8443/a/b/network.git", "https://gitlab.example.com:8443/api/v4/projects/a%2Fb%2Fnetwork"},
		{Gitea, "git.example.com:acme/network", "https://git.example.com/api/v1/repos/acme/network"},
		{Gitea, "file:///srv/git/network.git", ""},
		{Gitea, "http://git.example.com/acme/network", ""},
		{Gitea, "https://git.example.com/network", ""},
		{Gitea, "/srv/git/network", ""},
		{Gitea, "", ""},
	} {
		got, err := RepositoryURL(c.kind, c.repo)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s %s: %s, %v", c.kind, c.repo, got, err)
		}
		if _, parse := url.Parse(got); parse != nil {
			t.Error(parse)
		}
	}
}

func TestCommitOptionsThatAreRefused(t *testing.T) {
	good := CommitOptions{Forge: GitHub, URL: "https://api.github.com/repos/a/b", TokenFile: file(t, "token", planted)}
	for want, change := range map[string]func(*CommitOptions){
		`"svn" is no forge`:            func(o *CommitOptions) { o.Forge = "svn" },
		"is plain http":                func(o *CommitOptions) { o.URL = "http://git.example.com/api/v1/repos/a/b" },
		"does not hold one token":      func(o *CommitOptions) { o.TokenFile = file(t, "token", planted+" "+planted) },
		"the token cannot be read":     func(o *CommitOptions) { o.TokenFile = "/nonexistent" },
		"--ca-file: open /nonexistent": func(o *CommitOptions) { o.CAFile = "/nonexistent" },
		"holds no PEM certificate":     func(o *CommitOptions) { o.CAFile = o.TokenFile },
	} {
		o := good
		change(&o)
		if _, err := NewCommits(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), planted) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := NewCommits(good); err != nil {
		t.Error(err)
	}
}
