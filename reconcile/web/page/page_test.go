package page_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web/page"
	"enid/schema"
)

const base = `apiVersion: enid/v1
kind: Account
metadata: {name: main}
spec: {provider: alibaba}
---
apiVersion: enid/v1
kind: VPC
metadata: {name: prod}
spec: {region: cn-hangzhou, cidr: 10.0.0.0/16}
---
apiVersion: enid/v1
kind: Subnet
metadata: {name: web}
spec: {vpc: prod, zone: cn-hangzhou-b, cidr: 10.0.0.0/20}
---
apiVersion: enid/v1
kind: SecurityGroup
metadata: {name: web}
spec: {vpc: prod}
---
apiVersion: enid/v1
kind: Instance
metadata: {name: web-1}
spec: {type: ecs.g5.2xlarge, image: centos-7.2-64, subnet: web, privateIP: 10.0.0.9, securityGroups: [web], publicIP: {bandwidthMbps: 5}}
---
apiVersion: enid/v1
kind: ENI
metadata: {name: web-1-b}
spec: {subnet: web, privateIP: 10.0.0.20, mac: "00:16:3e:12:e7:27", securityGroups: [web], attachTo: {instance: web-1}}
---
apiVersion: enid/v1
kind: Host
metadata: {name: web-1}
spec: {instance: web-1}
`

// conversion is base with a step that cannot run without an Approval.
var conversion = strings.Replace(base, ", publicIP: {bandwidthMbps: 5}", "", 1) + `---
apiVersion: enid/v1
kind: EIP
metadata: {name: www}
spec: {region: cn-hangzhou, bandwidthMbps: 5, convertFrom: {instance: web-1}}
`

// site is the pages of a loop on a real state.
type site struct {
	t    *testing.T
	loop *reconcile.Controller
	page.Config
	url string
}

func newSite(t *testing.T) *site {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, loop: reconcile.New(reconcile.Config{Store: db, Target: cloud.New(state.Resources, cloud.Options{}), From: "a test"}, state)}
	s.Config = page.Config{Status: s.loop.Status, Plan: s.loop.LastPlan, Store: db, Version: "v0",
		Rule: func(id string) (schema.Rule, bool) {
			return schema.Rule{ID: id, Class: schema.ClassIrreversible, Text: "It cannot be undone."}, strings.HasPrefix(id, "policy.")
		}}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve serves the pages as they are configured by now.
func (s *site) serve() {
	server := httptest.NewServer(page.Handler(s.Config))
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

func (s *site) apply(rev reconcile.Revision, documents string) {
	s.t.Helper()
	joined, findings := schema.Join([]schema.File{schema.Parse("topology.yaml", []byte(documents))})
	if schema.Invalid(findings) {
		s.t.Fatal(findings)
	}
	if _, err := s.loop.Apply(s.t.Context(), rev, joined, reconcile.ApplyOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// get answers a page, which has to be well formed whatever it says.
func (s *site) get(path string, code int) (text string, doc *html.Node) {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != code {
		s.t.Fatalf("%s: %s\n%s", path, res.Status, body)
	}
	if got := res.Header.Get("Content-Security-Policy"); got != page.Policy {
		s.t.Errorf("%s: Content-Security-Policy %q", path, got)
	}
	if doc, err = html.Parse(strings.NewReader(string(body))); err != nil {
		s.t.Fatal(err)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		s.wellFormed(path, doc)
	}
	return string(body), doc
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// wellFormed holds a page to what readers without eyes, mouse or script need, and to
// its own policy: nothing stands in the document that a browser would run.
func (s *site) wellFormed(path string, doc *html.Node) {
	s.t.Helper()
	ids, counts, level := map[string]bool{}, map[string]int{}, 0
	for n := range doc.Descendants() {
		if id := attribute(n, "id"); id != "" {
			if ids[id] {
				s.t.Errorf("%s: two elements have the id %s", path, id)
			}
			ids[id] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Namespace == "svg" {
			continue
		}
		counts[n.Data]++
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
				s.t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
		}
		if label := attribute(n, "aria-labelledby"); label != "" {
			for _, id := range strings.Fields(label) {
				if !ids[id] {
					s.t.Errorf("%s: <%s> is labelled by %s, which is not there", path, n.Data, id)
				}
			}
		}
		switch n.Data {
		case "style":
			s.t.Errorf("%s: a style stands in the page", path)
		case "script":
			if attribute(n, "src") == "" || n.FirstChild != nil {
				s.t.Errorf("%s: a script stands in the page", path)
			}
		case "html":
			if attribute(n, "lang") == "" {
				s.t.Errorf("%s: no language", path)
			}
		case "th":
			if attribute(n, "scope") == "" {
				s.t.Errorf("%s: a heading of a table without scope", path)
			}
		case "section":
			if attribute(n, "aria-label")+attribute(n, "aria-labelledby") == "" {
				s.t.Errorf("%s: a section without a name", path)
			}
		case "h1", "h2", "h3":
			if now := int(n.Data[1] - '0'); now > level+1 {
				s.t.Errorf("%s: a heading of level %d after one of level %d", path, now, level)
			} else {
				level = now
			}
		}
	}
	for _, one := range []string{"h1", "main", "title", "header", "footer"} {
		if counts[one] != 1 {
			s.t.Errorf("%s: %d times <%s>", path, counts[one], one)
		}
	}
}

// crawl reads every page that can be reached, and answers their texts.
func (s *site) crawl() map[string]string {
	s.t.Helper()
	seen, todo := map[string]string{}, []string{"/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if _, ok := seen[path]; ok || strings.HasPrefix(path, "/api/") {
			continue
		}
		text, doc := s.get(path, http.StatusOK)
		seen[path] = text
		for n := range doc.Descendants() {
			for _, name := range []string{"href", "src"} {
				to, err := url.Parse(attribute(n, name))
				if err != nil || to.Host != "" || to.Scheme != "" {
					s.t.Errorf("%s leads to %q", path, attribute(n, name))
					continue
				}
				if to.Path != "" {
					to.Fragment = ""
					todo = append(todo, to.String())
				}
			}
		}
	}
	return seen
}

func (s *site) says(text string, words ...string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("the page lacks %q:\n%s", w, text)
		}
	}
}

// An empty state has a page too.
func TestNothingYet(t *testing.T) {
	s := newSite(t)
	s.serve()
	text, _ := s.get("/", http.StatusOK)
	s.says(text, "Starting", "nothing yet", "holds no resources", "Nothing was done yet")
	s.get("/history", http.StatusOK)
	s.get("/history/1", http.StatusNotFound)
	s.get("/history/one", http.StatusNotFound)
	s.get("/history?before=-1", http.StatusNotFound)
	s.get("/rules/no.such", http.StatusNotFound)
}

// What is applied, by whom, what is blocked with rule and remedy, the network and
// each revision's plan: all of it is on pages that lead to one another.
func TestEverythingIsShown(t *testing.T) {
	s := newSite(t)
	s.apply(reconcile.Revision{ID: "c1c1c1c1c1c1c1c1", Author: "Ada <ada@example.com>", Subject: "the shop"}, base)
	s.apply(reconcile.Revision{ID: "c2c2c2c2c2c2c2c2", Author: "Bob <bob@example.com>", Subject: "an address to keep"}, conversion)
	s.Machine = func(context.Context) ([]render.Table, error) {
		return []render.Table{{Title: "2 CPUs"}, {Title: "Interfaces", Head: []string{"NAME", "MAC"}, Rows: [][]string{{"eth1", "00:16:3e:12:e7:27"}}}}, nil
	}
	status := s.Status
	s.Status = func() reconcile.Status {
		now := status()
		now.Host = &reconcile.HostStatus{Name: "web-1", Condition: reconcile.HostConverged}
		return now
	}
	s.serve()
	pages := s.crawl()
	s.says(pages["/"], "an address to keep", "Bob &lt;bob@example.com&gt;", "c2c2c2c2c2c2", "policy.irreversible", "What helps:", "declare an Approval",
		`class="Instance`, "blocked", "no step was done for it", "the shop", "web-1-b", "eth1", "10.0.0.20")
	s.says(pages["/history/1"], "Ada &lt;ada@example.com&gt;", "AttachNetworkInterface", "spec.privateIP", "<dd>6 done</dd>")
	s.says(pages["/rules/policy.irreversible"], "It cannot be undone.")
}

// A machine that cannot be read leaves the rest of the page as it is.
func TestMachineTrouble(t *testing.T) {
	s := newSite(t)
	status := s.Status
	s.Status = func() reconcile.Status {
		now := status()
		now.Host = &reconcile.HostStatus{Name: "web-1", Condition: reconcile.HostDegraded, Message: "no permission"}
		return now
	}
	s.Machine = func(context.Context) ([]render.Table, error) { return nil, errors.New("netlink says no") }
	s.serve()
	text, _ := s.get("/", http.StatusOK)
	s.says(text, "netlink says no", "no permission")
}

// What people and repositories write is text, wherever it stands.
func TestInert(t *testing.T) {
	hostile := `</script><script>alert(1)</script><img src=x onerror=alert(1)>" onload="x` + "\u202e\x1b[31m"
	s := newSite(t)
	s.apply(reconcile.Revision{ID: "c1" + hostile, Author: hostile, Subject: hostile}, base)
	s.apply(reconcile.Revision{ID: "c2" + hostile, Author: hostile, Subject: hostile}, conversion)
	status := s.Status
	s.Status = func() reconcile.Status {
		now := status()
		now.Source.Condition, now.Source.Message, now.Source.URL, now.Source.Ref = reconcile.Invalid, hostile+"\n"+hostile, hostile, hostile
		now.Conditions = append(now.Conditions, reconcile.StatusCondition{Type: hostile, Status: "False", Reason: hostile, Message: hostile})
		now.Host = &reconcile.HostStatus{Name: hostile, Condition: reconcile.HostCondition(hostile), Message: hostile, WaitingFor: []string{hostile}}
		return now
	}
	s.Machine = func(context.Context) ([]render.Table, error) {
		return []render.Table{{Title: hostile, Head: []string{hostile}, Rows: [][]string{{hostile}}}}, errors.New(hostile)
	}
	s.serve()
	pages := s.crawl()
	if len(pages) < 6 {
		t.Errorf("only %d pages were seen", len(pages))
	}
	for path, text := range pages {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "<script>") || strings.Contains(line, "<img src=x") || strings.ContainsAny(line, "\u202e\x1b") {
				t.Errorf("%s: %q", path, line)
			}
		}
	}
}

// The picture is bounded whatever the state holds, and says what it leaves out.
func TestLargeState(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	b.WriteString(base)
	for i := range 3000 {
		fmt.Fprintf(&b, "---\napiVersion: enid/v1\nkind: SecurityGroup\nmetadata: {name: g%d}\nspec: {vpc: prod}\n", i)
	}
	s.apply(reconcile.Revision{ID: "c1", Subject: "many"}, b.String())
	s.serve()
	var text string
	for range 50 { // a page that waited in vain says so, and the next one has it
		if text, _ = s.get("/", http.StatusOK); !strings.Contains(text, "is being read") {
			break
		}
	}
	s.says(text, "3,007 resources in the state", "boxes are counted, not drawn")
	if len(text) > 300<<10 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if text, _ = s.get("/history/1", http.StatusOK); len(text) > 300<<10 || !strings.Contains(text, "more; ") {
		t.Errorf("the revision's page has %d bytes", len(text))
	}
}
