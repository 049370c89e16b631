package guest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/schema"
)

// commandsOf answers what a person would type for the steps that touch a target,
// or blocked and the reason.
func commandsOf(t *testing.T, s *state, o Objects, target string) (out []string, advice []plan.Advice) {
	t.Helper()
	world := World(o)
	w, err := Want(s.world(), "web-1", world)
	if err != nil {
		t.Fatal(err)
	}
	p := makePlan(t, world, w.World)
	for _, step := range w.Steps(p, world).Steps {
		switch {
		case step.Target != target:
		case len(step.BlockedBy) > 0:
			out = append(out, step.Operation+" "+step.BlockedBy[0].Rule+": "+step.BlockedBy[0].Detail+"; "+step.BlockedBy[0].Remedy)
		default:
			out = append(out, step.Command)
		}
	}
	return out, w.Advise(p, world)
}

// queued is a machine whose NICs have n of four queues in use, with what steers them.
func queued(n int) Objects {
	o := exampleObjects()
	o.RPS = nil
	for i, l := range o.Links {
		o.Channels[i].Combined = n
		for q := range n {
			o.RPS = append(o.RPS, RPS{Link: l.Name, Queue: q, Mask: "0"})
			o.More = append(o.More, XPS{Link: l.Name, Queue: q, Mask: "0"}, QueueFlows{Link: l.Name, Queue: q})
		}
	}
	o.More = append(o.More, SocketFlows{})
	return o
}

func TestXPS_mq_xps(t *testing.T) {
	s := exampleState()
	s.inst.Type = "ecs.none"
	s.host.XPS, s.host.Queues = "auto", schema.Queues{Count: 2}
	got, _ := commandsOf(t, s, queued(1), "eth1")
	want := []string{"ethtool -L eth1 combined 2", "echo 1 > /sys/class/net/eth1/queues/tx-0/xps_cpus", "echo 2 > /sys/class/net/eth1/queues/tx-1/xps_cpus"}
	if diff := cmp.Diff(want, got[:3]); diff != "" {
		t.Error(diff)
	}
	spec, _ := s.eni("web-1-b")
	spec.Guest = &schema.ENIGuest{XPS: "unmanaged"}
	if got, _ := commandsOf(t, s, queued(2), "eth1"); strings.Contains(strings.Join(got, " "), "xps") {
		t.Errorf("an ENI's own word counts: %v", got)
	}
	s.host.XPS, spec.Guest = "off", nil
	if got, _ := commandsOf(t, s, queued(2), "eth1"); strings.Contains(strings.Join(got, " "), "xps") {
		t.Errorf("it is off: %v", got)
	}
}

// A kernel or NIC without XPS: several queues are blocked, a single one is no failure.
func TestNoXPS_mq_xps(t *testing.T) {
	s := exampleState()
	s.host.XPS = "auto"
	for n, want := range map[int]string{1: "", 2: "SetXPS mq.xps: eth1 has 2 send queues, and sysfs shows no xps_cpus of them"} {
		o := queued(n)
		o.More = slices.DeleteFunc(o.More, func(x interface{ Ref() plan.Ref }) bool { return x.Ref().Kind == KindXPS })
		got, advice := commandsOf(t, s, o, "eth1")
		if text := strings.Join(got, "\n"); want == "" && strings.Contains(text, "XPS") || !strings.Contains(text, want) {
			t.Errorf("%d queues: %s", n, text)
		}
		if said := slices.ContainsFunc(advice, func(a plan.Advice) bool { return a.Rule == RuleXPS }); said != (n == 1) {
			t.Errorf("%d queues: %v", n, advice)
		}
	}
}

func TestRFS_mq_rfs(t *testing.T) {
	s := exampleState()
	s.host.RFS = schema.RFS{Entries: 30000}
	got, _ := commandsOf(t, s, queued(3), "eth0")
	want := []string{"echo 16384 > /sys/class/net/eth0/queues/rx-0/rps_flow_cnt", "echo 16384 > /sys/class/net/eth0/queues/rx-1/rps_flow_cnt",
		"echo 16384 > /sys/class/net/eth0/queues/rx-2/rps_flow_cnt"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, _ = commandsOf(t, s, queued(3), "rps_sock_flow_entries")
	if diff := cmp.Diff([]string{"sysctl -w net.core.rps_sock_flow_entries=32768"}, got); diff != "" {
		t.Error(diff)
	}
	o := queued(1)
	if _, advice := commandsOf(t, s, o, ""); !slices.ContainsFunc(advice, func(a plan.Advice) bool { return a.Rule == RuleRFS }) {
		t.Errorf("one queue and no RPS: %v", advice)
	}
	o.More = slices.DeleteFunc(o.More, func(x interface{ Ref() plan.Ref }) bool { return x.Ref() == SocketFlowsRef })
	got, _ = commandsOf(t, s, o, "rps_sock_flow_entries")
	if len(got) != 1 || !strings.Contains(got[0], "mq.rfs") || !strings.Contains(got[0], "the initial namespace alone has it") {
		t.Errorf("no table of flows: %v", got)
	}
	if got, _ = commandsOf(t, s, o, "eth0"); len(got) > 0 {
		t.Errorf("shares of no table: %v", got)
	}
	s.host.RFS = schema.RFS{Off: true}
	if rules, details, _ := blockedRules(t, s, o); len(rules) > 0 {
		t.Errorf("off is off where there is none: %s", details)
	}
}

// What the kernel makes of numbers of flows: the next power of two.
func TestFlowsAreRoundedUp_mq_rfs(t *testing.T) {
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 4095: 4096, 4096: 4096, 32769: 65536} {
		if got := roundUp(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}

// A program in the driver blocks the channels, by its id, and nothing else: what
// needs no other number of queues is done.
func TestXDP_mq_maximum(t *testing.T) {
	s, o := exampleState(), queued(1)
	s.inst.Type = "ecs.none"
	s.host.Queues, s.host.RPS = schema.Queues{Count: 2}, schema.RPS{Mode: "documented"}
	o.Links[1].XDP = 42
	got, _ := commandsOf(t, s, o, "eth1")
	if !slices.Contains(got, "echo 3 > /sys/class/net/eth1/queues/rx-0/rps_cpus") || strings.Contains(strings.Join(got, "\n"), "rx-1") {
		t.Errorf("the mask of the queue that is there: %v", got)
	}
	if last := got[len(got)-1]; !strings.Contains(last, "SetChannels mq.maximum: eth1 runs the XDP program 42 in its driver") || !strings.Contains(last, "ip link set dev eth1 xdp off") {
		t.Error(last)
	}
	s.host.Queues = schema.Queues{Count: 1}
	if rules, details, _ := blockedRules(t, s, o); len(rules) > 0 {
		t.Errorf("nothing is to be changed: %s", details)
	}
}

func TestIRQBalance_mq_irqbalance(t *testing.T) {
	const enable, disable = "systemctl enable --now irqbalance", "systemctl disable --now irqbalance"
	loaded := Service{Name: IRQBalance, Systemd: true, Load: "loaded"}
	runs, half, absent, masked, alone, mute := loaded, loaded, loaded, loaded, Service{Name: IRQBalance, Active: true, Enabled: true, PID: 77}, loaded
	runs.Active, runs.Enabled = true, true
	half.Active = true
	absent.Load, masked.Load, mute.Trouble = "not-found", "masked", "permission denied"
	both := loaded
	both.Active, both.PID = true, 77
	for i, c := range []struct {
		ask, want string
		is        Service
	}{
		{"enabled", enable, loaded}, {"enabled", enable, half}, {"enabled", "", runs},
		{"disabled", "", loaded}, {"disabled", disable, half}, {"disabled", disable, runs},
		{"unmanaged", "", loaded}, {"unmanaged", "", runs}, {"", "", mute},
		{"enabled", "install the package irqbalance", absent}, {"disabled", "", absent},
		{"enabled", "systemctl unmask irqbalance", masked}, {"disabled", "", masked},
		{"enabled", "permission denied; run enid as root", mute}, {"disabled", "permission denied; run enid as root", mute},
		{"enabled", "", alone}, {"disabled", "runs as process 77, which systemd did not start; end it", alone},
		{"enabled", "no systemd runs here that could start it; install the package irqbalance", Service{Name: IRQBalance}}, {"disabled", "", Service{Name: IRQBalance}},
		{"enabled", "runs as process 77, which systemd did not start; end it", both}, {"disabled", "runs as process 77", both},
	} {
		s, o := exampleState(), exampleObjects()
		s.host.IRQBalance, o.More = c.ask, append(o.More, c.is)
		got, advice := commandsOf(t, s, o, IRQBalance)
		text := strings.Join(got, "\n")
		if (c.want == "") != (text == "") || !strings.Contains(text, c.want) {
			t.Errorf("%d: %s of %+v: %q, want %q", i, c.ask, c.is, text, c.want)
		}
		if said := slices.ContainsFunc(advice, func(a plan.Advice) bool { return a.Rule == RuleIRQBalance }); said != (c.ask == "enabled" && c.is == alone) {
			t.Errorf("%d: %v", i, advice)
		}
	}
}

// What runs already is not recommended.
func TestIRQBalanceRuns_mq_irqbalance_recommended(t *testing.T) {
	s, o := exampleState(), queued(2)
	s.host.Queues = schema.Queues{Count: 2}
	recommended := func() bool {
		_, advice := commandsOf(t, s, o, "")
		return slices.ContainsFunc(advice, func(a plan.Advice) bool { return a.Rule == RuleIRQRecommended })
	}
	if !recommended() {
		t.Error("it is recommended where it does not run")
	}
	o.More = append(o.More, Service{Name: IRQBalance, Active: true, Enabled: true, PID: 77})
	if recommended() {
		t.Error("it runs")
	}
}
