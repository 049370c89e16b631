//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// variant is one of the topologies that the kill test commits in turn: ENIs of
// this machine come, go and change, and many in the cloud alone.
type variant struct {
	b, c  []string // addresses of web-1-b and web-1-c; none: there is no such ENI
	bulk  int      // ENIs that no machine has
	count int      // of the commit
}

// next answers a variant that differs from v by chance.
func (v variant) next(chance *rand.Rand) variant {
	v.count++
	v.b, v.c = addresses(chance, "10.0.0.20"), addresses(chance, "10.0.0.21")
	v.bulk = chance.IntN(1600)
	return v
}

// addresses answers none, or the first and some secondary ones.
func addresses(chance *rand.Rand, first string) []string {
	if chance.IntN(4) == 0 {
		return nil
	}
	addrs := []string{first}
	for i := range chance.IntN(4) {
		addrs = append(addrs, fmt.Sprintf("%s%d", first, i)) // 10.0.0.200 to 10.0.0.213
	}
	return addrs
}

// write writes the variant into a repository and commits it.
func (v variant) commit(r *remote) string {
	r.l.t.Helper()
	var docs []string
	if v.b != nil {
		docs = append(docs, eni("web-1-b", mac1, 1, v.b...))
	}
	if v.c != nil {
		docs = append(docs, eni("web-1-c", mac2, 2, v.c...))
	}
	r.write("topology/enis.yaml", strings.Join(docs, "---\n"))
	r.write("topology/bulk.yaml", bulk(v.bulk))
	r.write("topology/count.yaml", fmt.Sprintf("# %d\n", v.count))
	return r.commit(fmt.Sprintf("variant %d", v.count))
}

// kernel is what the machine has to be like.
func (v variant) kernel() []string {
	var cards []card
	if v.b != nil {
		cards = append(cards, card{"eth1", 1001, v.b})
	}
	if v.c != nil {
		cards = append(cards, card{"eth2", 1002, v.c})
	}
	return balanced(cards...)
}

// bulk is documents of n ENIs in a subnet of their own, attached to nothing.
func bulk(n int) string {
	var b strings.Builder
	b.WriteString("apiVersion: enid/v1\nkind: Subnet\nmetadata: {name: bulk}\nspec: {vpc: prod, zone: cn-hangzhou-b, cidr: 10.0.128.0/17}\n")
	for i := range n {
		fmt.Fprintf(&b, "---\napiVersion: enid/v1\nkind: ENI\nmetadata: {name: bulk-%04d}\nspec: {subnet: bulk, securityGroups: [management]}\n", i)
	}
	return b.String()
}

// allowMany lifts the quota of ENIs, which bulk would exceed.
func (f folder) allowMany() {
	f.edit("topology/network.yaml", "{provider: alibaba}", "{provider: alibaba, quotas: {enisPerRegion: 100000}}")
}

// The daemon is killed at any moment: while it starts, fetches, does cloud steps,
// converges the machine or rests. What is left can be read, and the next start
// converges. Some machines at once, for the time that it takes.
func TestE2EKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	const machines, kills = 4, 9
	for m := range machines {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano()) + uint64(m)
			t.Logf("seed %d", seed)
			l := newLab(t)
			v := &victim{lab: l, remote: l.newRepo(), chance: rand.New(rand.NewPCG(seed, 0)), events: l.monitor("address", "route", "rule")}
			v.allowMany()
			v.remove("topology/web-1-b.yaml")
			v.remove("topology/web-1-c.yaml")
			v.commission()
			v.daemon = v.run()
			for range kills {
				v.killed()
			}
			v.ends(kills)
		})
	}
}

// victim is a daemon that is killed again and again.
type victim struct {
	*lab
	*remote
	chance  *rand.Rand
	events  *monitor
	daemon  *process
	variant variant
	commit  string

	// How many kills left the cloud's steps, and the machine, neither as before nor as
	// after.
	midCloud, midHost int
}

func (v *victim) run() *process {
	return v.lab.daemon("--repo", v.url(), "--interval", "200ms", "--max-deletes", "100%")
}

// commission commits the next variant.
func (v *victim) commission() {
	v.t.Helper()
	v.variant = v.variant.next(v.chance)
	v.commit = v.variant.commit(v.remote)
}

// killed gives the daemon something to do, kills it at some moment, and wants the
// next start to bring everything to its end.
func (v *victim) killed() {
	v.t.Helper()
	before, steps := v.variant.kernel(), v.stepsDone()
	if v.chance.IntN(3) == 0 { // one that was just started, with what came meanwhile
		v.daemon.kill()
		v.commission()
		v.daemon = v.run()
	} else { // one at rest
		v.within("at rest", v.inSync(v.commit))
		v.commission()
	}
	v.await(v.chance.IntN(3))
	v.daemon.alive()
	v.daemon.kill()
	v.checkPrimary()
	if v.is(before)() != nil && v.is(v.variant.kernel())() != nil {
		v.midHost++
	}
	v.readable()
	if s, _, err := v.status(); err == nil && v.stepsDone() > steps && s.Applied.Revision != v.commit {
		v.midCloud++
	}
	v.daemon = v.run()
	v.measure("a start after kill -9", all(v.is(v.variant.kernel()), v.inSync(v.commit)))
	v.checkState(v.variant)
}

// await waits for the moment to kill: any, after some of the cloud's steps, or with
// the first change of the machine.
func (v *victim) await(moment int) {
	v.t.Helper()
	steps, events := v.stepsDone(), len(v.events.all())
	delay := v.chance.IntN(20) // squared: there is more to hit in the first moments
	wait := time.Duration(delay*delay) * time.Millisecond
	steps += v.chance.IntN(600)          // they are recorded some hundred at a time
	until := time.Now().Add(time.Second) // not every variant has such a moment
	for ; moment != 0 && time.Now().Before(until); time.Sleep(100 * time.Microsecond) {
		if moment == 1 && v.stepsDone() > steps || moment == 2 && len(v.events.all()) > events {
			return
		}
	}
	time.Sleep(wait)
}

// stepsDone counts the cloud steps in the daemons' log.
func (v *victim) stepsDone() int {
	v.t.Helper()
	log, err := os.ReadFile(v.lab.path("daemon.log"))
	if err != nil {
		v.t.Fatal(err)
	}
	return bytes.Count(log, []byte("step done"))
}

// ends ends the last daemon in peace, and says what the kills have hit.
func (v *victim) ends(kills int) {
	v.t.Helper()
	if code := v.daemon.end(syscall.SIGTERM); code != 0 {
		v.t.Errorf("exit %d on SIGTERM", code)
	}
	v.enid(0, "plan", v.at("topology"), "--host", "web-1")
	v.t.Logf("%d kills: %d in the middle of the cloud's steps, %d in the middle of the machine's", kills, v.midCloud, v.midHost)
}

// readable wants everything that a killed daemon has left to be readable, without
// a daemon.
func (l *lab) readable() {
	l.t.Helper()
	if r := l.run("enid", "status"); r.code != 0 && r.code != 2 {
		l.t.Fatalf("enid status: exit %d: %s", r.code, r.err)
	}
	l.enid(0, "get", "all", "-o", "json")
	if err := l.checkHistory(); err != nil {
		l.t.Fatal(err)
	}
}

// checkState wants the state to be the variant's, and the history to end with it.
func (l *lab) checkState(v variant) {
	l.t.Helper()
	var enis []struct {
		Metadata struct{ Name string }
		Status   struct{ ID, Phase string }
	}
	if err := json.Unmarshal([]byte(l.enid(0, "get", "enis", "-o", "json").out), &enis); err != nil {
		l.t.Fatal(err)
	}
	want, ids := v.bulk, map[string]string{}
	for _, addrs := range [][]string{v.b, v.c} {
		if addrs != nil {
			want++
		}
	}
	if len(enis) != want {
		l.t.Fatalf("%d ENIs in the state, wanted %d", len(enis), want)
	}
	for _, e := range enis {
		if other := ids[e.Status.ID]; e.Status.ID == "" || other != "" {
			l.t.Fatalf("%s has the id %q, of %q too", e.Metadata.Name, e.Status.ID, other)
		}
		ids[e.Status.ID] = e.Metadata.Name
	}
	if err := l.checkHistory(); err != nil {
		l.t.Fatal(err)
	}
	for i, r := range l.history() {
		if r.Outcome != "done" && r.Outcome != "interrupted" || r.Failed > 0 {
			l.t.Fatalf("the newest revision but %d: %+v", i, r)
		}
	}
}
