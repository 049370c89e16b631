//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"enid/reconcile/web"
)

// town adds so many ENIs in a VPC of their own, ten in a file, none of them attached.
func (f folder) town(enis int) {
	f.edit("topology/network.yaml", "{provider: alibaba}", "{provider: alibaba, quotas: {enisPerRegion: 1000000}}")
	f.write("topology/town/net.yaml", `{apiVersion: enid/v1, kind: VPC, metadata: {name: town}, spec: {region: cn-hangzhou, cidr: 172.16.0.0/12}}
---
{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: town}, spec: {vpc: town}}
`)
	for n := 0; n < enis; n += 10 {
		s, text := n/250, ""
		if n%250 == 0 {
			text = fmt.Sprintf("{apiVersion: enid/v1, kind: Subnet, metadata: {name: s%03d}, spec: {vpc: town, zone: cn-hangzhou-b, cidr: 172.%d.%d.0/23}}\n", s, 16+s/128, s%128*2)
		}
		for i := n; i < n+10; i++ {
			text += fmt.Sprintf("---\napiVersion: enid/v1\nkind: ENI\nmetadata: {name: e%06d}\nspec:\n  subnet: s%03d\n  securityGroups: [town]\n", i, s)
		}
		f.write(fmt.Sprintf("topology/town/s%03d/e%06d.yaml", s, n), text)
	}
}

// addresses answers each address that the kernel adds or deletes, with when `ip
// monitor` said so.
func (l *lab) addresses() <-chan seenAddress {
	l.t.Helper()
	cmd := l.background("ip", "-o", "monitor", "address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	seen := make(chan seenAddress, 1000)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			seen <- seenAddress{lines.Text(), time.Now()}
		}
	}()
	return seen
}

type seenAddress struct {
	line string
	at   time.Time
}

// BenchmarkCommitToConverged is one address more or less of one ENI: from the end of
// `git push`, when a webhook would ring, until `ip monitor` shows it, and until the
// status is in sync. Beside it `git fetch` of the same commit into a bare clone.
func BenchmarkCommitToConverged(b *testing.B) {
	for _, c := range []struct {
		name, scheme string
		enis         int
	}{{"example-file", "file", 0}, {"example-http", "http", 0}, {"10000-http", "http", 10_000}, {"100000-http", "http", 100_000}} {
		b.Run(c.name, func(b *testing.B) { commitToConverged(b, c.enis, c.scheme) })
	}
}

func commitToConverged(b *testing.B, size int, scheme string) {
	l := newLab(b)
	r := l.newRepo()
	if size > 0 {
		r.town(size)
	}
	first, url := r.commit("the town"), r.url()
	if scheme == "http" {
		url, _ = r.serve()
	}
	d := l.start("run", "--host", "web-1", "--interval", "1h", "--repo", url)
	client := web.Dial(l.path("state"))
	l.await(client, first)
	clone := l.path("git", "clone.git")
	l.must("git", "clone", "--quiet", "--bare", url, clone)
	ears := l.addresses()
	var kernel, sync, fetch []float64
	before := l.phases()
	for b.Loop() {
		b.StopTimer()
		address := fmt.Sprintf("10.0.0.%d", 30+len(kernel)%200)
		r.write("topology/web-1-b.yaml", eni("web-1-b", mac1, 1, "10.0.0.20", address))
		commit := r.commit("one address")
		b.StartTimer()
		pushed := time.Now()
		if err := client.Sync(context.Background()); err != nil {
			b.Fatal(err)
		}
		for seen := range ears {
			if strings.Contains(seen.line, " "+address+"/") && !strings.HasPrefix(seen.line, "Deleted") {
				kernel = append(kernel, seen.at.Sub(pushed).Seconds()*1e3)
				break
			}
		}
		l.await(client, commit)
		sync = append(sync, time.Since(pushed).Seconds()*1e3)
		b.StopTimer()
		began := time.Now()
		l.must("git", "-C", clone, "fetch", "--quiet", url, "+main:main")
		fetch = append(fetch, time.Since(began).Seconds()*1e3)
		b.StartTimer()
	}
	d.alive()
	for what, times := range map[string][]float64{"kernel": kernel, "sync": sync, "git-fetch": fetch} {
		slices.Sort(times)
		b.ReportMetric(times[len(times)/2], "ms-"+what)
		b.ReportMetric(times[len(times)*99/100], "ms-"+what+"-p99")
	}
	for phase, took := range l.phases() {
		b.ReportMetric((took-before[phase])*1e3/float64(len(sync)), "ms-phase-"+phase)
	}
	b.ReportMetric(0, "ns/op")
}

// phases answers the seconds that the daemon's turns have spent in each phase.
func (l *lab) phases() map[string]float64 {
	l.t.Helper()
	all := map[string]float64{}
	text := l.must("curl", "-sS", "--unix-socket", l.path("state", "enid.sock"), "http://enid/metrics")
	for _, m := range phaseLine.FindAllStringSubmatch(text, -1) {
		took, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			l.t.Fatal(err)
		}
		all[m[1]] = took
	}
	return all
}

var phaseLine = regexp.MustCompile(`(?m)^enid_phase_seconds_total\{phase="([a-z]+)"\} (\S+)$`)

// await waits until the daemon says that all is as that commit has it.
func (l *lab) await(client *web.Client, commit string) {
	l.t.Helper()
	var s status
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(time.Millisecond) {
		raw, err := client.Status(context.Background())
		if err != nil {
			continue // it starts
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			l.t.Fatal(err)
		}
		if s.Applied.Revision == commit && s.Source.Condition == "Ready" && s.Host.Condition == "Converged" && s.Pending+s.Blocked+s.Drifted == 0 {
			return
		}
	}
	l.t.Fatalf("%s is not in sync: %+v\n%s", commit, s, l.dump())
}
