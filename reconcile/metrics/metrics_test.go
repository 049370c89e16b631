package metrics_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"enid/plan"
	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/dir"
	"enid/reconcile/metrics"
	"enid/reconcile/store/bolt"
)

const network = `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: aws}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {region: eu-west-1, cidr: 10.0.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: s1}, spec: {vpc: prod, zone: eu-west-1a, cidr: 10.0.1.0/24}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: web}, spec: {vpc: prod}}
`

// machine is a Host that answers what a test says.
type machine struct{ results []reconcile.HostResult }

func (m *machine) Turn(context.Context, *plan.World, string) (reconcile.HostResult, error) {
	r := m.results[0]
	if len(m.results) > 1 {
		m.results = m.results[1:]
	}
	return r, nil
}

// lab is a loop over a folder, with its metrics.
type lab struct {
	t      testing.TB
	m      *metrics.Metrics
	c      *reconcile.Controller
	folder string
}

func newLab(t testing.TB, host *machine, script ...cloud.Fault) *lab {
	t.Helper()
	l := &lab{t: t, m: metrics.New("v1"), folder: t.TempDir()}
	l.write("a.yaml", network)
	db, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open(l.folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	c := reconcile.Config{Source: source, Store: db, From: l.folder, Target: cloud.New(state.Resources, cloud.Options{Script: script}),
		Turned: l.m.Turned, Progress: l.m.Progress}
	if host != nil {
		c.Host, c.HostName = host, "web-1"
	}
	l.c = reconcile.New(c, state)
	l.m.Follow(l.c)
	return l
}

func (l *lab) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.folder, name), []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// scrape answers every metric, as a Prometheus would read it.
func scrape(t testing.TB, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value answers one sample; a histogram's is its count. Labels are in order of their names.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	if families[name] == nil {
		return -1
	}
	for _, m := range families[name].Metric {
		var have []string
		for _, l := range m.Label {
			have = append(have, l.GetValue())
		}
		if strings.Join(have, " ") != strings.Join(labels, " ") {
			continue
		}
		switch {
		case m.Histogram != nil:
			return float64(m.Histogram.GetSampleCount())
		case m.Counter != nil:
			return m.Counter.GetValue()
		}
		return m.Gauge.GetValue()
	}
	return -1
}

func (l *lab) want(what string, want float64, name string, labels ...string) {
	l.t.Helper()
	if got := value(scrape(l.t, l.m), name, labels...); got != want {
		l.t.Errorf("%s: %s%v is %v, want %v", what, name, labels, got, want)
	}
}

func (l *lab) turn() {
	l.t.Helper()
	if _, err := l.c.Turn(l.t.Context()); err != nil && l.c.Status().Source.Condition == reconcile.Ready {
		l.t.Fatal(err)
	}
}

func TestALoopIsCounted(t *testing.T) {
	l := newLab(t, nil, cloud.Fault{Op: "eni.create", Times: 1, Code: "Throttling"})
	l.want("before the first turn", 1, "enid_source_condition", "Fetching")
	l.want("before the first turn", 0, "enid_turns_total", "done")
	l.turn()
	l.want("the first turn", 1, "enid_turns_total", "done")
	l.want("the first turn", 1, "enid_steps_total", "CreateVpc", "cloud", "done")
	l.want("the first turn", 1, "enid_source_condition", "Ready")
	l.want("the first turn", 0, "enid_source_condition", "Fetching")
	l.want("the first turn", 1, "enid_commit_to_converged_seconds")
	l.want("the first turn", 1, "enid_seen_to_converged_seconds")
	l.want("the first turn", 1, "enid_in_sync")
	l.want("the first turn", 1, "enid_applied_serial")
	l.turn()
	l.want("nothing new", 2, "enid_turns_total", "done")
	l.want("nothing new", 1, "enid_commit_to_converged_seconds")

	l.write("b.yaml", `{apiVersion: enid/v1, kind: ENI, metadata: {name: b}, spec: {subnet: s1, securityGroups: [web]}}`)
	l.turn()
	l.want("a step failed", 1, "enid_turns_total", "failed")
	l.want("a step failed", 1, "enid_steps_total", "CreateNetworkInterface", "cloud", "failed")
	l.want("a step failed", 1, "enid_commit_to_converged_seconds")
	l.want("a step failed", 0, "enid_in_sync")

	l.write("c.yaml", "nonsense")
	l.turn()
	l.want("nonsense", 1, "enid_turns_total", "held")
	l.want("nonsense", 1, "enid_source_condition", "Invalid")
	l.want("nonsense", 0, "enid_source_condition", "Ready")
	l.want("nonsense", 1, "enid_condition", "False", "Applied")
}

// TestPhasesAreCounted: a turn that does something goes through all of them but the
// host's, where there is none; together they take no longer than the turn.
func TestPhasesAreCounted(t *testing.T) {
	l := newLab(t, nil)
	l.turn()
	families, sum := scrape(t, l.m), 0.0
	for _, phase := range reconcile.Phases() {
		took := value(families, "enid_phase_seconds_total", string(phase))
		if took < 0 || (took > 0) == (phase == reconcile.PhaseHost) {
			t.Errorf("%s took %v s", phase, took)
		}
		sum += took
	}
	if whole := families["enid_turn_duration_seconds"].Metric[1].Histogram.GetSampleSum(); sum > whole {
		t.Errorf("the phases took %v s, the turn %v s", sum, whole)
	}
}

func TestRulesThatBlockAreCounted(t *testing.T) {
	l := newLab(t, nil)
	l.write("k.yaml", `{apiVersion: enid/v1, kind: Volume, metadata: {name: v}, spec: {zone: eu-west-1a, type: gp3, sizeGiB: 10}}`)
	l.turn()
	if err := os.Remove(filepath.Join(l.folder, "k.yaml")); err != nil {
		t.Fatal(err)
	}
	l.turn()
	l.want("data loss", 1, "enid_rule_blocked_steps", "cloud", "policy.data-loss")
	l.want("data loss", 1, "enid_steps_blocked", "cloud")
	l.want("data loss", 1, "enid_turns_total", "blocked")
	l.write("k.yaml", `{apiVersion: enid/v1, kind: Volume, metadata: {name: v}, spec: {zone: eu-west-1a, type: gp3, sizeGiB: 10}}`)
	l.turn()
	l.want("it is back", -1, "enid_rule_blocked_steps", "cloud", "policy.data-loss")
}

func TestTheMachineIsCounted(t *testing.T) {
	up := reconcile.HostResult{Condition: reconcile.HostConverged, Done: 3, DoneBy: map[string]int{"AddRule": 2, "AddAddress": 1},
		ENIs: []reconcile.HostENI{{Name: "b", Interface: "eth1", Condition: reconcile.HostConverged}}}
	healed := up
	healed.Done, healed.DoneBy = 1, map[string]int{"AddRule": 1}
	down := reconcile.HostResult{Condition: reconcile.HostDegraded, Message: "secret", Blocked: 2, BlockedBy: map[string]int{"nic.match-mac": 2}, WaitingFor: []string{"00:16:3e:00:00:01"},
		ENIs: []reconcile.HostENI{{Name: "b", Condition: reconcile.HostWaiting}}}
	for i := range 200 {
		down.ENIs = append(down.ENIs, reconcile.HostENI{Name: fmt.Sprint("x", i), Condition: reconcile.HostConverged})
	}
	l := newLab(t, &machine{results: []reconcile.HostResult{up, healed, down}})
	l.turn()
	l.want("set up", 2, "enid_steps_total", "AddRule", "host", "done")
	l.want("set up", 0, "enid_drift_healed_steps_total", "host")
	l.want("set up", 1, "enid_host_eni_condition", "Converged", "b")
	l.want("set up", 1, "enid_commit_to_converged_seconds")
	l.turn()
	l.want("healed", 1, "enid_drift_healed_steps_total", "host")
	l.want("healed", 0, "enid_drift_healed_steps_total", "cloud")
	l.turn()
	l.want("down", 2, "enid_rule_blocked_steps", "host", "nic.match-mac")
	l.want("down", 1, "enid_host_condition", "Degraded")
	l.want("down", 1, "enid_host_awaited")
	l.want("down", 1, "enid_host_eni_condition", "Waiting", "b")
	l.want("down", 0, "enid_host_eni_condition", "Converged", "b")
	if n := len(scrape(t, l.m)["enid_host_eni_condition"].Metric); n != 64*len(reconcile.HostConditions()) {
		t.Errorf("%d series of ENIs", n)
	}
}

func TestASuspendedTurnIsNoOther(t *testing.T) {
	m := metrics.New("v1")
	turned := reconcile.Turned{Report: &reconcile.Report{}}
	turned.Status.Conditions = []reconcile.StatusCondition{{Type: "Suspended", Status: "True"}}
	m.Turned(turned)
	if families := scrape(t, m); value(families, "enid_turns_total", "suspended") != 1 || value(families, "enid_turns_total", "done") != 0 {
		t.Error(families["enid_turns_total"])
	}
}

func TestARepairIsMeasuredFromItsEvent(t *testing.T) {
	m := metrics.New("v1")
	result := reconcile.HostResult{Condition: reconcile.HostConverged}
	turned := reconcile.Turned{Report: &reconcile.Report{Host: &result}, Repair: true, Event: time.Now().Add(-20 * time.Millisecond)}
	m.Turned(turned)
	result.Done = 1
	m.Turned(turned)
	families := scrape(t, m)
	if n := value(families, "enid_event_to_repair_seconds"); n != 1 {
		t.Errorf("%v repairs, want the one that did something", n)
	}
	if sum := families["enid_event_to_repair_seconds"].Metric[0].Histogram.GetSampleSum(); sum < 0.02 {
		t.Errorf("it took %v s", sum)
	}
	if n := value(families, "enid_turn_duration_seconds", "repair"); n != 2 {
		t.Errorf("%v turns", n)
	}
}

// TestNames: every row of the table is exposed, as it says, and nothing else of
// enid's is; Prometheus' own linter finds nothing.
func TestNames(t *testing.T) {
	l := newLab(t, &machine{results: []reconcile.HostResult{{Condition: reconcile.HostDegraded, Done: 1, DoneBy: map[string]int{"AddRule": 1},
		BlockedBy: map[string]int{"host.verify": 1}, ENIs: []reconcile.HostENI{{Name: "b"}}}}})
	l.m.Queue("url", func() int { return 7 })
	l.turn()
	families := scrape(t, l.m)
	for _, row := range metrics.Table() {
		f := families[row.Name]
		if f == nil {
			t.Errorf("%s is not exposed", row.Name)
			continue
		}
		if kind := strings.ToLower(f.GetType().String()); kind != string(row.Kind) {
			t.Errorf("%s is a %s, not a %s", row.Name, kind, row.Kind)
		}
		if len(row.Labels) != len(row.Values) || len(f.Metric[0].Label) != len(row.Labels) {
			t.Errorf("%s: labels %v, with values %v", row.Name, row.Labels, row.Values)
		}
	}
	for name := range families {
		known := strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_")
		for _, row := range metrics.Table() {
			known = known || row.Name == name
		}
		if !known {
			t.Errorf("%s is in no table", name)
		}
	}
	w := httptest.NewRecorder()
	l.m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	problems, err := promlint.New(w.Body).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A scrape of a host with 15 ENIs.
func BenchmarkScrape(b *testing.B) {
	result := reconcile.HostResult{Condition: reconcile.HostConverged}
	for i := range 15 {
		result.ENIs = append(result.ENIs, reconcile.HostENI{Name: fmt.Sprint("web-1-", i), Condition: reconcile.HostConverged})
	}
	l := newLab(b, &machine{results: []reconcile.HostResult{result}})
	l.turn()
	size := 0
	for b.Loop() {
		w := httptest.NewRecorder()
		l.m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "B/scrape")
}

// What the loop pays for being counted.
func BenchmarkTurned(b *testing.B) {
	m := metrics.New("v1")
	turned := reconcile.Turned{Report: &reconcile.Report{Host: &reconcile.HostResult{Condition: reconcile.HostConverged}}}
	for b.Loop() {
		m.Turned(turned)
	}
}
