package notify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enid/reconcile"
)

// urlLab is a receiver, and what tells it.
type urlLab struct {
	*receiver
	t      *testing.T
	opt    URLOptions
	counts map[string]int
	*URL
	stop func()
}

func newURLLab(t *testing.T) *urlLab {
	t.Helper()
	l := &urlLab{receiver: newReceiver(t), t: t, counts: map[string]int{}}
	l.opt = URLOptions{Common: l.common(l.counts), File: file(t, "url", l.Server.URL+"/hook/"+planted+"\n"), Told: filepath.Join(t.TempDir(), "told.json")}
	l.start()
	return l
}

func (l *urlLab) start() {
	l.t.Helper()
	u, err := NewURL(l.opt)
	if err != nil {
		l.t.Fatal(err)
	}
	l.URL, l.stop = u, running(l.t, u.Run)
}

// told answers the changes that were accepted, in their order, once nothing waits.
func (l *urlLab) told() (out []string) {
	l.t.Helper()
	until(l.t, "an empty queue", func() bool { return l.Queued() == 0 })
	for _, q := range l.accepted() {
		var e Event
		if err := json.Unmarshal([]byte(q.body), &e); err != nil {
			l.t.Fatalf("%v: %s", err, q.body)
		}
		out = append(out, fmt.Sprintf("%s %.11s->%.11s %t %s", e.Subject, e.From, e.To, e.OK, e.Message))
	}
	return out
}

func (l *urlLab) want(what string, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.told()); diff != "" {
		l.t.Errorf("%s: %s", what, diff)
	}
}

func TestChangesOfConditionsAreTold(t *testing.T) {
	l := newURLLab(t)
	ready := is(reconcile.Ready, "")
	host := func(c reconcile.HostCondition, message string) reconcile.Turned {
		return with(ready, func(s *reconcile.Status) {
			s.Host = &reconcile.HostStatus{Name: "web-1", Condition: c, Message: message}
		})
	}
	l.Turned(with(is(reconcile.Fetching, ""), func(s *reconcile.Status) {
		s.Host = &reconcile.HostStatus{Name: "web-1", Condition: reconcile.HostDegraded, Message: "no Host/web-1 in the state"}
	}))
	l.Turned(ready)
	l.Turned(host(reconcile.HostConverged, ""))
	if told := l.told(); told != nil {
		t.Errorf("that all is well is no news: %v", told)
	}
	var want []string
	step := func(turned reconcile.Turned, news ...string) {
		t.Helper()
		for range 3 {
			l.Turned(turned) // told once
		}
		want = append(want, news...)
		l.want(turned.Status.Source.Message, want...)
	}
	step(is(reconcile.Unreachable, "no route"), "Source Ready->Unreachable false no route")
	step(is(reconcile.Unreachable, "no route to host"))
	step(ready, "Source Unreachable->Ready true ")
	step(is(reconcile.Invalid, "nonsense"), "Source Ready->Invalid false nonsense")
	step(with(is(reconcile.Invalid, "other nonsense"), func(s *reconcile.Status) { s.Source.Revision = commit("b") }),
		"Source Invalid->Invalid false other nonsense")
	step(ready, "Source Invalid->Ready true ")
	step(host(reconcile.HostConverging, ""))
	step(host(reconcile.HostDegraded, "a\x1b[31mb\nc"), `Host Converged->Degraded false a\u001b[31mb\nc`)
	step(host(reconcile.HostConverging, ""))
	step(host(reconcile.HostConverged, ""), "Host Degraded->Converged true ")
	step(with(ready, func(s *reconcile.Status) {
		s.Conditions[0] = reconcile.StatusCondition{Type: "Applied", Status: "False", Reason: "StepsFailed", Message: "steps failed"}
	}), "Applied True->False false steps failed")
	step(with(ready, func(s *reconcile.Status) { s.Applied.Revision = commit("b") }),
		"Applied False->True true ", "Revision aaaaaaaaaaa->bbbbbbbbbbb true serial 7")
	second := with(ready, func(s *reconcile.Status) { s.Applied.Revision = commit("b") })
	suspended := with(second, func(s *reconcile.Status) {
		s.Conditions = append(s.Conditions, reconcile.StatusCondition{Type: "Suspended", Status: "True", Message: "by ann"})
	})
	step(suspended, "Suspended False->True false by ann")
	step(second, "Suspended True->False true ")
	step(suspended, "Suspended False->True false by ann")
	if e := l.accepted()[0]; e.header.Get("Content-Type") != "application/json" || !strings.Contains(e.body, `"format":"enid.event/v1"`) || !strings.Contains(e.body, `"serial":7`) {
		t.Errorf("%+v", e)
	}
}

// What helps is told with what is wrong, as it is and to a template.
func TestTheRemedyIsTold(t *testing.T) {
	l := newURLLab(t)
	held := with(is(reconcile.Shrunk, "12 deletes"), func(s *reconcile.Status) { s.Source.Remedy = reconcile.Shrunk.Remedy() })
	l.Turned(held)
	l.want("held", "Source ->Shrunk false 12 deletes")
	var e Event
	if err := json.Unmarshal([]byte(l.accepted()[0].body), &e); err != nil || !strings.Contains(e.Remedy, `"enid accept COMMIT"`) {
		t.Errorf("%+v, %v", e, err)
	}
	template, err := ParseTemplate("chat", `{"text": {{printf "%s: %s. To do: %s" .To .Message .Remedy | json}}}`)
	if err != nil {
		t.Fatal(err)
	}
	l.stop()
	l.opt.Template, l.opt.Told = template, filepath.Join(t.TempDir(), "told.json")
	l.start()
	l.Turned(held)
	until(t, "an empty queue", func() bool { return l.Queued() == 0 })
	if body := l.accepted()[1].body; !strings.HasPrefix(body, `{"text": "Shrunk: 12 deletes. To do: look at what would go (\"enid plan\")`) {
		t.Error(body)
	}
}

// A receiver that is down, slow, busy or being set up is told in the end, each event
// once and in order. The loop does not wait for it.
func TestAReceiverThatFailsIsToldInTheEnd(t *testing.T) {
	l := newURLLab(t)
	l.answers = []int{500, 503, -1, 0, 429, 401, 404, 502}
	l.Turned(is(reconcile.Unreachable, "one"))
	l.Turned(is(reconcile.Ready, ""))
	l.want("in the end", "Source ->Unreachable false one", "Source Unreachable->Ready true ")
	ids := map[string]bool{}
	for _, q := range l.all()[:9] {
		var e Event
		if err := json.Unmarshal([]byte(q.body), &e); err != nil {
			t.Fatal(err)
		}
		ids[e.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("the id of an event changes from try to try: %v", ids)
	}
	if sent, retried := l.counted(l.counts, "sent"), l.counted(l.counts, "retried"); sent != 2 || retried != 8 {
		t.Errorf("%d sent, %d retried", sent, retried)
	}
}

// What the receiver does not take is given up, and does not keep the next one back; a
// redirection is not followed.
func TestWhatIsRefusedIsGivenUp(t *testing.T) {
	l := newURLLab(t)
	l.answers = []int{400, 302}
	l.Turned(is(reconcile.Unreachable, "one"))
	l.Turned(is(reconcile.Missing, "two"))
	l.Turned(is(reconcile.Ready, ""))
	l.want("the third", "Source Missing->Ready true ")
	if n := l.counted(l.counts, "dropped"); n != 2 || len(l.all()) != 3 {
		t.Errorf("%d dropped of %d requests", n, len(l.all()))
	}
}

// Whoever is down for longer than an event is tried is told how things are once it is
// back, since the next turns say it again.
func TestWhoIsDownForLongIsToldHowThingsAre(t *testing.T) {
	l := newURLLab(t)
	for range mostTries + 3 {
		l.answers = append(l.answers, 503)
	}
	until(t, "the news", func() bool {
		l.Turned(is(reconcile.Unreachable, "one"))
		return len(l.accepted()) == 1
	})
	l.want("once", "Source ->Unreachable false one")
	if n := l.counted(l.counts, "dropped"); n != 1 {
		t.Errorf("%d given up", n)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	l := newURLLab(t)
	l.stop()
	for i := range 10 * longestQueue {
		l.Turned(is([]reconcile.Condition{reconcile.Unreachable, reconcile.Ready}[i%2], fmt.Sprint(i)))
	}
	if n := l.Queued(); n != longestQueue {
		t.Errorf("%d wait", n)
	}
	running(t, l.Run)
	until(t, "an empty queue", func() bool { return l.Queued() == 0 })
	last := l.accepted()[longestQueue-1]
	if len(l.accepted()) != longestQueue || !strings.Contains(last.body, fmt.Sprint(`"message":"`, 10*longestQueue-1)) {
		t.Errorf("%d told, the last of them %s", len(l.accepted()), last.body)
	}
}

// After a start nothing is told twice; what changed meanwhile, or could not be told
// before the end, is told.
func TestStartsTellNothingTwice(t *testing.T) {
	l := newURLLab(t)
	down, ready := is(reconcile.Unreachable, "down"), is(reconcile.Ready, "")
	l.Turned(down)
	want := []string{"Source ->Unreachable false down"}
	l.want("the first", want...)
	l.stop()
	l.start()
	l.Turned(down)
	l.want("nothing new", want...)
	l.stop()
	l.start()
	l.Turned(ready)
	want = append(want, "Source Unreachable->Ready true ")
	l.want("changed while enid was down", want...)
	l.stop() // the next one cannot be told any more
	l.Turned(down)
	l.start()
	l.Turned(down)
	want = append(want, "Source Ready->Unreachable false down")
	l.want("left over", want...)
	l.stop()
	if err := os.WriteFile(l.opt.Told, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.start()
	l.Turned(down)
	want = append(want, "Source ->Unreachable false down")
	l.want("at worst twice", want...)
}

func TestTheFileOfTheURLIsReadAnew(t *testing.T) {
	l := newURLLab(t)
	other := newReceiver(t)
	if err := os.WriteFile(l.opt.File, []byte(other.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	l.Turned(is(reconcile.Unreachable, "one"))
	until(t, "the other", func() bool { return len(other.accepted()) == 1 })
	if len(l.all()) != 0 {
		t.Error("the former URL was told")
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "does not hold one URL on one line",
		"https://a.example/x y":             "does not hold one URL on one line",
		"http://hooks.example/" + planted:   "is plain http, which everybody on the way can read: use https",
		"ftp://hooks.example/" + planted:    "is neither https nor http: give https://HOST/PATH",
		"https://hooks\x7f.example":         "does not hold one URL on one line",
		"https://[hooks.example/" + planted: "is no address: give https://HOST/PATH",
		planted:                             "is no address: give https://HOST/PATH",
	} {
		_, err := NewURL(URLOptions{File: file(t, "url", text), Told: filepath.Join(t.TempDir(), "told")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), planted) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := NewURL(URLOptions{File: "/nonexistent/file"}); err == nil || !strings.Contains(err.Error(), "/nonexistent/file") {
		t.Error(err)
	}
}

func TestTemplates(t *testing.T) {
	l := newURLLab(t)
	l.stop()
	var err error
	if l.opt.Template, err = ParseTemplate("chat", `{"text": {{printf "%s is %s: %s (serial %d)" .Subject .To .Message .Status.Applied.Serial | json}}}`); err != nil {
		t.Fatal(err)
	}
	l.start()
	l.Turned(is(reconcile.Unreachable, `a "quoted" word`))
	until(t, "the message", func() bool { return l.Queued() == 0 })
	if q := l.accepted()[0]; q.body != `{"text": "Source is Unreachable: a \"quoted\" word (serial 7)"}` || q.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", q)
	}
	for text, want := range map[string]string{
		"{{.Nonsense}}":                      "can't evaluate field Nonsense",
		"{{":                                 "unclosed action",
		`{{range $i, $e := .Format}}{{end}}`: "can't iterate",
	} {
		if _, err := ParseTemplate("chat", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAMessageIsCutBetweenRunes(t *testing.T) {
	for _, text := range []string{strings.Repeat("é", 3000), strings.Repeat("a", 3000), strings.Repeat("\x00", 3000)} {
		if got := short(text, 140); len(got) > 140 || len(got) < 130 || !strings.HasSuffix(got, "…") || strings.ContainsRune(got, '�') {
			t.Errorf("%d bytes: %s", len(got), got)
		}
	}
	if got := short("whole", 5); got != "whole" {
		t.Error(got)
	}
}

// The loop is never kept waiting, whatever the receiver does.
func TestTheLoopDoesNotWait(t *testing.T) {
	l := newURLLab(t)
	l.URL.client.Timeout = time.Hour
	l.answers = []int{-1}
	l.Turned(is(reconcile.Unreachable, "one"))
	until(t, "a request that hangs", func() bool { return len(l.all()) == 1 })
	for range 1000 {
		l.Turned(is(reconcile.Unreachable, "one"))
		l.Turned(is(reconcile.Ready, ""))
	}
	l.stop()
	if n := len(l.all()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
