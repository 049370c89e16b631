package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"enid/reconcile"
	"enid/reconcile/metrics"
	"enid/reconcile/notify"
)

const monitoringFolder = "../../examples/monitoring"

// alertRules are the parts of a file of rules that tests look at.
type alertRules struct {
	Groups []struct {
		Rules []struct{ Alert, Expr string }
	}
}

// dashboard is the parts of Grafana's that tests look at.
type dashboard struct {
	Panels []struct {
		ID          int
		Type, Title string
		Description string
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ Expr string }
	}
	Annotations struct{ List []struct{ Expr string } }
	Templating  struct {
		List []struct{ Name, Definition string }
	}
}

func readAlerts(t *testing.T) (r alertRules) {
	t.Helper()
	text, err := os.ReadFile(monitoringFolder + "/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile(monitoringFolder + "/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// monitoringQueries answers the queries of both, by where they stand.
func monitoringQueries(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, g := range readAlerts(t).Groups {
		for _, r := range g.Rules {
			out["alert "+r.Alert] = r.Expr
		}
	}
	d := readDashboard(t)
	for _, p := range d.Panels {
		for i, target := range p.Targets {
			out[fmt.Sprintf("panel %s %d", p.Title, i)] = target.Expr
		}
	}
	for i, a := range d.Annotations.List {
		out[fmt.Sprint("annotation ", i)] = a.Expr
	}
	return out
}

var (
	metricName = regexp.MustCompile(`\b(enid_\w+)(\{[^}]*\})?`)
	matcher    = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"`)
	grouping   = regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`)
)

// Every metric, label and condition that a query names is one that there is, and
// every metric is in some query.
func TestMonitoringNamesWhatThereIs(t *testing.T) {
	rows := map[string]metrics.Metric{}
	for _, m := range metrics.Table() {
		rows[m.Name] = m
		if m.Kind == metrics.Histogram {
			rows[m.Name+"_bucket"] = metrics.Metric{Name: m.Name, Labels: append(slices.Clone(m.Labels), "le")}
		}
	}
	conditions := []string{"True", "False", "Unknown"}
	for _, c := range reconcile.Conditions() {
		conditions = append(conditions, string(c))
	}
	for _, c := range reconcile.HostConditions() {
		conditions = append(conditions, string(c))
	}
	used := map[string]bool{}
	for where, query := range monitoringQueries(t) {
		var labels []string
		for _, found := range metricName.FindAllStringSubmatch(query, -1) {
			row, known := rows[found[1]]
			if !known {
				t.Errorf("%s: there is no metric %s", where, found[1])
				continue
			}
			used[row.Name] = true
			labels = append(labels, row.Labels...)
			for _, m := range matcher.FindAllStringSubmatch(found[2], -1) {
				if m[1] != "instance" && !slices.Contains(row.Labels, m[1]) {
					t.Errorf("%s: %s has no label %s", where, row.Name, m[1])
				}
				for _, value := range strings.Split(m[2], "|") {
					if (m[1] == "condition" || m[1] == "status") && !slices.Contains(conditions, value) {
						t.Errorf("%s: %s is never %s", where, row.Name, value)
					}
				}
			}
		}
		for _, by := range grouping.FindAllStringSubmatch(query, -1) {
			for _, label := range strings.Split(by[1], ",") {
				if label = strings.TrimSpace(label); label != "instance" && !slices.Contains(labels, label) {
					t.Errorf("%s: nothing in it has a label %s", where, label)
				}
			}
		}
	}
	for _, m := range metrics.Table() {
		if !used[m.Name] {
			t.Errorf("no alert and no panel shows %s", m.Name)
		}
	}
}

// The panels say what they show, and none stands on another.
func TestMonitoringDashboard(t *testing.T) {
	d := readDashboard(t)
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %d %q has another's id, or does not say what it shows", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if on := cells[[2]int{x, y}]; on != "" || x >= 24 {
					t.Fatalf("%s stands on %q, or beyond the edge", p.Title, on)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
	}
}

// promtool judges the rules, runs their tests, and parses the dashboard's queries.
func TestMonitoringByPromtool(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed (apt install prometheus)")
	}
	promtool := func(args ...string) {
		t.Helper()
		c := exec.Command("promtool", args...)
		c.Dir = monitoringFolder
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	promtool("check", "rules", "alerts.yaml")
	promtool("test", "rules", "alerts_test.yaml")
	promtool("check", "config", "--syntax-only", "prometheus.yaml")

	variables := strings.NewReplacer("$__rate_interval", "5m", "$__range", "6h", "$instance", ".*")
	var rules []map[string]string
	for where, query := range monitoringQueries(t) {
		name := regexp.MustCompile(`\W`).ReplaceAllString(where, "_")
		rules = append(rules, map[string]string{"record": name, "expr": variables.Replace(query)})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool("check", "rules", file)
}

func TestMonitoringTemplate(t *testing.T) {
	text, err := os.ReadFile(monitoringFolder + "/chat.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := notify.ParseTemplate("chat.tmpl", string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		event notify.Event
		want  string
	}{
		{notify.Event{Subject: "Source", To: "Invalid", Message: `a "word"`, Host: "web-1"}, `web-1: Source is Invalid: a "word"`},
		{notify.Event{Subject: "Source", To: "Empty", Message: "no topology", Remedy: "commit one"}, "Source is Empty: no topology. To do: commit one"},
		{notify.Event{Subject: "Host", To: "Converged"}, "Host is Converged: as it should be"},
	} {
		var b strings.Builder
		var got struct{ Text string }
		if err := tmpl.Execute(&b, c.event); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got.Text != c.want {
			t.Errorf("%v: %s", err, &b)
		}
	}
}
