//go:build linux

package host

import (
	"os"
	"strings"
	"testing"
	"time"

	"enid/schema"
)

// channels answers what `ethtool -l` says is in use.
func channels(t must, dev string) (rx, tx string) {
	t.Helper()
	_, now, _ := strings.Cut(sh(t, "ethtool -l "+dev), "Current hardware settings:")
	for l := range strings.Lines(now) {
		switch f := strings.Fields(l); {
		case len(f) == 2 && f[0] == "RX:":
			rx = f[1]
		case len(f) == 2 && f[0] == "TX:":
			tx = f[1]
		}
	}
	return rx, tx
}

func mask(t must, dev, queue string) string {
	t.Helper()
	b, err := os.ReadFile("/sys/class/net/" + dev + "/queues/" + queue + "/rps_cpus")
	if err != nil {
		return "none"
	}
	return strings.TrimSpace(string(b))
}

// Every NIC is set, the primary included; a number is a number, auto is as many as
// there are CPUs at most.
func TestQueues_mq_every_nic(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.Queues = schema.Queues{Count: 3}
	c.enis["web-1-c"].spec.Guest = &schema.ENIGuest{Queues: schema.Queues{Count: 1}}
	converge(t, m, c)
	for dev, want := range map[string]string{"eth0": "3", "eth1": "3", "eth2": "1"} {
		if rx, tx := channels(t, dev); rx != want || tx != want {
			t.Errorf("%s: rx %s, tx %s, want %s", dev, rx, tx, want)
		}
	}
	again(t, m, c)
	c.host.Queues, c.enis["web-1-c"].spec.Guest = schema.Queues{Auto: true}, nil
	converge(t, m, c)
	want := itoa(min(4, m.machine().OnlineCPUs))
	for _, dev := range []string{"eth0", "eth1", "eth2"} {
		if rx, _ := channels(t, dev); rx != want {
			t.Errorf("%s: rx %s, want %s", dev, rx, want)
		}
	}
	c.host.Queues = schema.Queues{Unmanaged: true}
	again(t, m, c)
}

func TestTooManyQueues_mq_maximum(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.Queues = schema.Queues{Count: 9}
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "9 rx queues are asked for; the driver of eth1 has at most 4") {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
	if len(rulesOf(t)) != 6 {
		t.Errorf("routing does not wait for queues: %v", rulesOf(t))
	}
	if rx, _ := channels(t, "eth1"); rx != "4" {
		t.Errorf("nothing is clamped: rx %s", rx)
	}
}

// Channels first, then masks: growing empties those of the queues that come back.
func TestRPS_mq_rps(t *testing.T) {
	mayWriteMasks(t)
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.RPS, c.host.Queues = schema.RPS{Mode: "documented"}, schema.Queues{Count: 2}
	converge(t, m, c)
	documented, _ := m.machine().Effective([]uint32{0xf})
	for _, dev := range []string{"eth0", "eth1", "eth2"} {
		for _, q := range []string{"rx-0", "rx-1"} {
			if got := mask(t, dev, q); got != documented {
				t.Errorf("%s %s: %s, want %s", dev, q, got, documented)
			}
		}
	}
	again(t, m, c)
	c.host.Queues = schema.Queues{Count: 4}
	converge(t, m, c)
	if got := mask(t, "eth1", "rx-3"); got != documented {
		t.Errorf("a queue that came back: %s", got)
	}
	sh(t, "ethtool -L eth1 rx 1")
	converge(t, m, c)
	if got := mask(t, "eth1", "rx-3"); got != documented {
		t.Errorf("queues that another program took away: %s", got)
	}
	c.host.RPS = schema.RPS{Mode: "mask", Mask: "ffffffff00000002"}
	converge(t, m, c)
	if got := mask(t, "eth1", "rx-0"); got != "2" {
		t.Errorf("bits beyond the CPUs are left out: %s", got)
	}
	c.host.RPS = schema.RPS{Mode: "off"}
	converge(t, m, c)
	if got := mask(t, "eth1", "rx-0"); got != "0" {
		t.Errorf("off: %s", got)
	}
	again(t, m, c)
}

// What the type has is a maximum too.
func TestTooManyForTheType_mq_maximum(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.host.Queues = schema.Queues{Count: 3}
	if res := turn(t, m, c); !strings.Contains(res.Message, "3 queues are asked for; an ENI of type ecs.g5.large has at most 2") {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
}

// A driver that lets no channels be set (a tap shows some) is no failure, unless a
// number is asked for; routing does not wait for it.
func TestQueuesNotSupported_mq_maximum(t *testing.T) {
	if f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0); err != nil {
		t.Skip(err)
	} else {
		f.Close()
	}
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	sh(t, "ip link delete eth2\nip tuntap add dev eth2 mode tap multi_queue\nip link set eth2 address "+mac2)
	c.host.Queues = schema.Queues{Auto: true}
	converge(t, m, c)
	c.host.Queues = schema.Queues{Count: 2}
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.maximum")
	if len(rulesOf(t)) != 6 || len(res.Blocked) != 1 {
		t.Errorf("%s: %s: %v", res.Condition, res.Message, rulesOf(t))
	}
}

// MTU is set where it is declared and stays where it is no longer.
func TestMTU_host_verify(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{MTU: 1400}
	converge(t, m, c)
	if l := ipJSON(t, "link", "show", "eth1"); l[0]["mtu"].(float64) != 1400 {
		t.Error(l)
	}
	c.enis["web-1-b"].spec.Guest = nil
	again(t, m, c)
	c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{MTU: 70000}
	if res := turn(t, m, c); res.Condition != Degraded || !strings.Contains(res.Message, "68 to 65535") {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
}

// Somebody who removes an object again and again is named, and not fought.
func TestSecondWriter_host_rule(t *testing.T) {
	example(t)
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	converge(t, m, c)
	done := 0
	for range 20 {
		batch(t, "-rule delete priority 9000"[1:])
		res := turn(t, m, c)
		if done++; res.Condition == Degraded {
			if !strings.Contains(res.Message, "another program removes Rule/9000: from 10.0.0.20 lookup 1001") {
				t.Error(res.Message)
			}
			if done < 4 {
				t.Errorf("after %d times", done)
			}
			now = now.Add(res.RetryAfter)
			converge(t, m, c)
			return
		}
		now = now.Add(time.Second)
	}
	t.Error("it was fought all the time")
}
