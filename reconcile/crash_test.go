package reconcile

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// slow gives a kill time to come between two calls.
type slow struct{ *cloud.Driver }

func (s slow) Do(ctx context.Context, call cloud.Call) (cloud.Changes, error) {
	time.Sleep(200 * time.Microsecond)
	return s.Driver.Do(ctx, call)
}

const converted, created = 12, 500

// beforeCrash is applied in peace; afterCrash is what the killed process works on:
// irreversible conversions, new ENIs, changed and deleted ones.
func beforeCrash() (docs []string) {
	docs = []string{network, strings.Replace(network, "a}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.0.0/24", "big}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.16.0/20", 1)}
	docs[0] = strings.Replace(docs[0], "provider: alibaba", "provider: alibaba, quotas: {enisPerRegion: 100000}", 1)
	docs[1] = `{apiVersion: enid/v1, kind: Subnet, metadata: {name: big}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.16.0/20}}`
	for i := range converted {
		docs = append(docs, instance(fmt.Sprint("web-", i), ", publicIP: {bandwidthMbps: 5}"))
	}
	for i := range 40 {
		docs = append(docs, eni(fmt.Sprint("was-", i), ""))
	}
	return docs
}

func afterCrash() []string {
	docs := beforeCrash()[:2]
	for i := range converted {
		docs = append(docs, instance(fmt.Sprint("web-", i), ""),
			fmt.Sprintf(`{apiVersion: enid/v1, kind: EIP, metadata: {name: e-%d}, spec: {region: cn-a, convertFrom: {instance: web-%d}}}`, i, i),
			fmt.Sprintf(`{apiVersion: enid/v1, kind: Approval, metadata: {name: ok-%d}, spec: {operation: irreversible, target: EIP/e-%d, reason: asked for}}`, i, i))
	}
	for i := range 40 {
		if i%4 != 0 {
			docs = append(docs, eni(fmt.Sprint("was-", i), ", description: changed"))
		}
	}
	for i := range created {
		docs = append(docs, strings.Replace(eni(fmt.Sprint("new-", i), ""), "subnet: a", "subnet: big", 1))
	}
	return docs
}

// TestKilledAtAnyMoment kills a process in the middle of a turn, and looks at
// what the next one makes of it: every step is in the history exactly once, with
// its effect, and nothing that cannot be undone is done again by itself.
func TestKilledAtAnyMoment(t *testing.T) {
	if dir := os.Getenv("ENID_TEST_CRASH"); dir != "" {
		crash(t, dir)
		return
	}
	rounds, inTheMiddle := 5, 0
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		dir := t.TempDir()
		l := newLab(t, labOptions{dir: dir, config: Config{Limit: Limit{Percent: 100}}})
		l.source.commit("c1", beforeCrash()...)
		l.turn()
		l.db.Close()
		kill(t, dir)
		l = newLab(t, labOptions{dir: dir, config: Config{Limit: Limit{Percent: 100}}})
		if m := l.load().Meta; m.Serial == 2 && m.Applied.Revision == "c1" {
			inTheMiddle++
		}
		afterwards(t, l)
		l.db.Close()
	}
	t.Logf("%d of %d kills were in the middle of a turn", inTheMiddle, rounds)
}

// crash is the process that is killed.
func crash(t *testing.T, dir string) {
	l := newLab(t, labOptions{dir: dir, realTime: true, config: Config{Limit: Limit{Percent: 100}}})
	l.Controller.Target = slow{l.driver}
	l.source.commit("c2", afterCrash()...)
	if _, err := l.Plan(t.Context(), Revision{}, nil, nil); err != nil { // warm
		t.Fatal(err)
	}
	fmt.Println("begins")
	l.turn()
	fmt.Println("ends")
	select {}
}

func kill(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyMoment$")
	cmd.Env = append(os.Environ(), "ENID_TEST_CRASH="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begins" {
		t.Fatalf("the process says %q", lines.Text())
	}
	time.Sleep(time.Duration(rand.IntN(350)) * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
}

// afterwards brings the work to its end and looks at all that is left of it.
func afterwards(t *testing.T, l *lab) {
	t.Helper()
	l.source.commit("c2", afterCrash()...)
	open := l.load().Intents
	r := l.turn()
	if len(open) > 1 {
		t.Errorf("%d steps were under way at once", len(open))
	}
	for _, i := range open {
		if l.stored(i.Target.String()) != nil || r.Blocked != 1 {
			t.Errorf("%s was done again by itself; %+v", i.Call, r)
		}
		if _, err := l.Resolve(t.Context(), i.Target, "", false, "someone"); err != nil {
			t.Fatal(err)
		}
		r = l.turn()
	}
	if r.Outcome != store.Done || r.Failed > 0 {
		t.Errorf("%+v %v", r, rules(r.Rest))
	}
	if r := l.turn(); r.Done != 0 {
		t.Errorf("the next turn does %d steps", r.Done)
	}
	counts := map[schema.Kind]int{}
	for _, r := range l.load().Resources {
		counts[r.Kind]++
	}
	if counts[schema.KindENI] != created+30 || counts[schema.KindEIP] != converted {
		t.Errorf("resources %v", counts)
	}
	done := map[string]int{}
	list, err := l.db.History(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, rev := range list {
		d, err := l.db.Revision(t.Context(), rev.Serial)
		if err != nil {
			t.Fatal(err)
		}
		if rev.Outcome == store.Applying {
			t.Errorf("%+v was left open", rev)
		}
		if rev.Commit == "c2" {
			for _, s := range d.Tried {
				done[s.Call.String()]++
			}
		}
	}
	if want := created + converted + 10 + 30; len(done) != want {
		t.Errorf("%d steps in the history, want %d", len(done), want)
	}
	for call, n := range done {
		if n != 1 {
			t.Errorf("%s is in the history %d times", call, n)
		}
	}
}
