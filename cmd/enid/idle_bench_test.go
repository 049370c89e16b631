//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"enid/reconcile/web"
)

var idleFor = flag.Duration("idle", time.Minute, "how long BenchmarkIdle watches a daemon that has nothing to do")

// BenchmarkIdle is what a daemon takes that has nothing to do, asked for its metrics
// every 15 s and with a status page open: memory, and a minute's CPU, times that a
// thread went to sleep, and bytes written; then what its answers take.
func BenchmarkIdle(b *testing.B) {
	for _, c := range []struct {
		name string
		enis int
	}{{"example", 0}, {"10000", 10_000}, {"100000", 100_000}} {
		b.Run(c.name, func(b *testing.B) { idle(b, c.enis) })
	}
}

func idle(b *testing.B, enis int) {
	l := newLab(b)
	r := l.newRepo()
	if enis > 0 {
		r.town(enis)
	}
	commit := r.commit("the town")
	url, _ := r.serve()
	d := l.start("run", "--host", "web-1", "--repo", url, "--listen", "127.0.0.1:8491")
	l.await(web.Dial(l.path("state")), commit)
	for _, c := range []string{"curl -sSN http://127.0.0.1:8491/api/v1/events >/dev/null",
		"while sleep 15; do curl -sS http://127.0.0.1:8491/metrics >/dev/null; done"} {
		client := l.background("sh", "-c", c)
		if err := client.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { client.Process.Kill(); client.Wait() })
	}
	time.Sleep(5 * time.Second) // what the last turn left is swept up
	for b.Loop() {
		before, began := spentBy(b, d.cmd.Process.Pid), time.Now()
		time.Sleep(*idleFor)
		now, minutes := spentBy(b, d.cmd.Process.Pid), time.Since(began).Minutes()
		b.ReportMetric(float64(now.resident)/1024, "MiB")
		b.ReportMetric((now.cpu-before.cpu).Seconds()*1e3/minutes, "ms-cpu/min")
		b.ReportMetric(float64(now.sleeps-before.sleeps)/minutes, "sleeps/min")
		b.ReportMetric(float64(now.written-before.written)/minutes, "B-written/min")
	}
	d.alive()
	for what, path := range map[string]string{"status": "/api/v1/status", "metrics": "/metrics", "page": "/"} {
		took, err := strconv.ParseFloat(l.must("curl", "-sS", "-o", "/dev/null", "-w", "%{time_total}", "http://127.0.0.1:8491"+path), 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(took*1e3, "ms-"+what)
	}
	b.ReportMetric(float64(spentBy(b, d.cmd.Process.Pid).resident)/1024, "MiB-page-seen")
	b.ReportMetric(0, "ns/op")
}

// spent is what a process has taken since its start, and what it holds.
type spent struct {
	resident        int // KiB
	sleeps, written int
	cpu             time.Duration
}

// spentBy reads it from the kernel, each thread's for itself.
func spentBy(b *testing.B, pid int) (s spent) {
	b.Helper()
	number := func(file, name string) (n int) {
		b.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		_, after, _ := strings.Cut(string(text), name)
		if _, err := fmt.Sscan(after, &n); err != nil {
			b.Fatalf("%s, %s: %v", file, name, err)
		}
		return n
	}
	proc := fmt.Sprintf("/proc/%d/", pid)
	s.resident, s.written = number(proc+"status", "VmRSS:"), number(proc+"io", "\nwrite_bytes:")
	threads, err := filepath.Glob(proc + "task/*")
	if err != nil || len(threads) == 0 {
		b.Fatalf("no threads of %d: %v", pid, err)
	}
	for _, dir := range threads {
		s.cpu += time.Duration(number(dir+"/schedstat", ""))
		s.sleeps += number(dir+"/status", "\nvoluntary_ctxt_switches:")
	}
	return s
}
