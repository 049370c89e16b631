//go:build linux

package host

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"enid/plan"
)

// BenchmarkEventToRepair is the time from somebody's removal of an object of enid's
// until it is there again, as a watcher of the kernel sees it: the median, and the
// 99th of a hundred. Both on the example's machine of two ENIs, and on the largest.
func BenchmarkEventToRepair(b *testing.B) {
	for _, size := range []struct {
		name string
		lab  func(*testing.B) *cloud
		addr string
		prio int
	}{
		{"ENIs=2", func(b *testing.B) *cloud { example(b); return exampleCloud() }, "10.0.0.20", 9000},
		{"ENIs=15", benchLab, "10.0.101.7", 9000},
	} {
		b.Run(size.name, func(b *testing.B) {
			c := size.lab(b)
			// A clock on which no two repairs make a fight.
			var minutes atomic.Int64
			m := open(b, Options{Now: func() time.Time { return time.Unix(60*minutes.Add(1), 0) }})
			converge(b, m, c)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			go heal(ctx, m, c.world())
			rule := netlink.NewRule()
			rule.Priority, rule.Table, rule.Src = size.prio, 1001, &net.IPNet{IP: net.ParseIP(size.addr).To4(), Mask: net.CIDRMask(32, 32)}
			seen := watchRules(b, size.prio)
			var took []time.Duration
			for b.Loop() {
				time.Sleep(30 * time.Millisecond) // a machine at rest
				start := time.Now()
				if err := netlink.RuleDel(rule); err != nil {
					b.Fatal(err)
				}
				select {
				case <-seen:
					took = append(took, time.Since(start))
				case <-time.After(10 * time.Second):
					b.Fatal("it was not put back")
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// heal is the loop's half that concerns the machine.
func heal(ctx context.Context, m *Machine, w *plan.World) {
	for range m.Watch(ctx) {
		m.Turn(ctx, w, "web-1")
	}
}

// watchRules answers a channel that receives when a rule of that priority appears.
func watchRules(b *testing.B, priority int) <-chan struct{} {
	s, err := subscribe()
	if err != nil {
		b.Fatal(err)
	}
	seen := make(chan struct{}, 1)
	b.Cleanup(s.Close)
	go func() {
		for {
			events, _, err := s.Receive()
			if err != nil {
				return
			}
			for _, e := range events {
				if r, ok := parseRule(e.Data); e.Header.Type == unix.RTM_NEWRULE && ok && r.Priority == uint32(priority) && r.Ours() {
					seen <- struct{}{}
				}
			}
		}
	}()
	return seen
}
