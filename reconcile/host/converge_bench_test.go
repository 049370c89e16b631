//go:build linux

package host

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"enid/schema"
)

const (
	benchENIs      = 15
	benchAddresses = 50
)

// benchLab makes the machine and the cloud state of the benchmarks: 15 ENIs of 50
// addresses each, every one in a subnet of its own.
func benchLab(b *testing.B) *cloud {
	clean(b)
	veth(b, "eth0", mac0)
	batch(b, "address add 10.0.0.19/24 dev eth0", "link set eth0 up", "route add default via 10.0.0.253 dev eth0")
	c := exampleCloud()
	clear(c.enis)
	for i := 1; i <= benchENIs; i++ {
		mac := fmt.Sprintf("00:16:3e:00:00:%02x", i)
		veth(b, fmt.Sprintf("eth%d", i), mac)
		var addrs []string
		for j := 1; j <= benchAddresses; j++ {
			addrs = append(addrs, fmt.Sprintf("10.0.%d.%d", 100+i, j))
		}
		e := c.attach(fmt.Sprintf("eni-%d", i), mac, i, addrs...)
		e.spec.Subnet = fmt.Sprintf("s%d", i)
		c.more = append(c.more, resource(schema.KindSubnet, e.spec.Subnet,
			&schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a", CIDR: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", 100+i))}, nil))
	}
	return c
}

// benchUndo takes everything back that a converged turn made.
func benchUndo(b *testing.B, m *Machine, c *cloud) {
	gone := *c
	gone.enis = map[string]*eni{}
	converge(b, m, &gone)
	for i := 1; i <= benchENIs; i++ {
		batch(b, fmt.Sprintf("link set eth%d down", i))
	}
}

// BenchmarkConverge is a whole turn: observe, derive, plan, check, do, observe again.
func BenchmarkConverge(b *testing.B) {
	c := benchLab(b)
	m := open(b, Options{})
	w := c.world()
	for b.Loop() {
		if res, err := m.Turn(context.Background(), w, "web-1"); err != nil || res.Condition != Converged {
			b.Fatal(res.Condition, res.Message, err)
		} else {
			b.ReportMetric(float64(len(res.Done)), "objects")
		}
		b.StopTimer()
		benchUndo(b, m, c)
		b.StartTimer()
	}
}

// BenchmarkIPBatch is what one `ip -batch` takes for the same objects.
func BenchmarkIPBatch(b *testing.B) {
	c := benchLab(b)
	m := open(b, Options{})
	host, _, err := m.Plan(context.Background(), c.world(), "web-1")
	if err != nil {
		b.Fatal(err)
	}
	var script strings.Builder
	for _, s := range host.Steps {
		// iproute2 6.1 cannot set an address's protocol.
		line := strings.TrimPrefix(strings.TrimPrefix(s.Command, "ip -4 "), "ip ")
		if s.Operation == "AddAddress" {
			line, _, _ = strings.Cut(line, " proto ")
		}
		script.WriteString(line + "\n")
	}
	for b.Loop() {
		cmd := exec.Command("ip", "-4", "-batch", "-")
		cmd.Stdin = strings.NewReader(script.String())
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			b.Fatal(err, out.String())
		}
		b.StopTimer()
		for i := 1; i <= benchENIs; i++ {
			batch(b, fmt.Sprintf("address flush dev eth%d", i), fmt.Sprintf("link set eth%d down", i))
		}
		benchUndo(b, m, c)
		b.StartTimer()
	}
}

// BenchmarkAtRest is a turn that finds everything as it should be.
func BenchmarkAtRest(b *testing.B) {
	c := benchLab(b)
	m := open(b, Options{})
	converge(b, m, c)
	w := c.world()
	for b.Loop() {
		if res, err := m.Turn(context.Background(), w, "web-1"); err != nil || res.Drifted != 0 {
			b.Fatal(res, err)
		}
	}
}

// BenchmarkPlan is the pure half: derive, plan and check, on a machine without
// anything.
func BenchmarkPlan(b *testing.B) {
	c := benchLab(b)
	m := open(b, Options{})
	w := c.world()
	for b.Loop() {
		if _, _, err := m.Plan(context.Background(), w, "web-1"); err != nil {
			b.Fatal(err)
		}
	}
}
