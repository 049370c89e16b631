package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"enid/reconcile/store"
)

// BenchmarkScale is a topology of 100,000 resources: its first turn, a turn with
// nothing to do, a commit that changes a hundred, and the start of a program.
func BenchmarkScale(b *testing.B) {
	const groups, each = 500, 200
	folder := fstest.MapFS{}
	digest := map[string]string{}
	put := func(name, text string) {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
		digest[name] = fmt.Sprint(len(digest), len(text), time.Now())
	}
	put("net.yaml", strings.Replace(network, "provider: alibaba", "provider: alibaba, quotas: {enisPerRegion: 1000000}", 1))
	write := func(g int, more string) {
		var text strings.Builder
		fmt.Fprintf(&text, "{apiVersion: enid/v1, kind: Subnet, metadata: {name: s%d}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.%d.%d.0/24}}\n", g, 1+g/250, g%250)
		for i := range each - 1 {
			text.WriteString("---\n" + strings.Replace(eni(fmt.Sprintf("e%d-%d", g, i), more), "subnet: a", fmt.Sprintf("subnet: s%d", g), 1) + "\n")
		}
		put(fmt.Sprintf("g%03d.yaml", g), text.String())
	}
	for g := range groups {
		write(g, "")
	}
	folder["net.yaml"].Data = []byte(strings.Replace(string(folder["net.yaml"].Data), "10.0.0.0/16", "10.0.0.0/8", 1))
	rev := Revision{ID: "c1", FS: folder, Digest: func(p string) (string, bool) { return digest[p], true }}
	for b.Loop() {
		l := newLab(b, labOptions{realTime: true})
		step := func(name string, do func()) {
			start := time.Now()
			do()
			b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-"+name)
		}
		turn := func(want store.Outcome) func() {
			return func() {
				l.source.rev = rev
				if r := l.turn(); r.Outcome != want || r.Failed > 0 {
					b.Fatalf("%+v", r)
				}
			}
		}
		l.Controller.Config.Progress = func(Progress) {}
		l.source.rev = rev
		step("load", func() {
			if err := l.aim(b.Context(), rev); err != nil {
				b.Fatal(err)
			}
		})
		step("first", turn(store.Done))
		step("calm", turn(store.Done))
		l.calm.until = time.Time{}
		step("full-check", turn(store.Done))
		write(0, ", description: changed")
		rev.ID = "c2"
		step("commit-of-199", turn(store.Done))
		l.db.Close()
		dir := l.dir
		step("start", func() { l = newLab(b, labOptions{dir: dir, realTime: true}) })
		l.db.Close()
		rev.ID = "c1"
		write(0, "")
	}
}
