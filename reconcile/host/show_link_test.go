//go:build linux

package host

import (
	"context"
	"strings"
	"testing"
)

// What is shown of queues is what sysfs has of each.
func TestShowQueues_mq_every_nic(t *testing.T) {
	example(t)
	sh(t, "ethtool -L eth1 rx 2 tx 3")
	if masksWritable() {
		writeQueue(t, "eth1", "rx-1/rps_cpus", "1")
		writeQueue(t, "eth1", "rx-1/rps_flow_cnt", "100")
		writeQueue(t, "eth1", "tx-2/xps_cpus", "1")
	}
	m := open(t, Options{})
	shown, err := m.Show(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range shown.Interfaces {
		if l.Name != "eth1" {
			continue
		}
		if q := l.Queues; q == nil || q.RX != 2 || q.TX != 3 || q.MaxRX != 4 || len(l.RPS) != 2 || len(l.XPS) != 3 || len(l.FlowCount) != 2 || len(l.IRQs) != 0 {
			t.Fatalf("%+v", l)
		}
		for i := range 2 {
			same(t, []string{l.RPS[i], itoa(l.FlowCount[i])}, ofQueue(t, "eth1", "rx-"+itoa(i)+"/rps_cpus"), ofQueue(t, "eth1", "rx-"+itoa(i)+"/rps_flow_cnt"))
		}
		for i := range 3 {
			same(t, []string{l.XPS[i]}, ofQueue(t, "eth1", "tx-"+itoa(i)+"/xps_cpus"))
		}
		return
	}
	t.Errorf("no eth1: %+v", shown.Interfaces)
}

// The names that drivers give their interrupts, as /proc/interrupts has them.
func TestQueueOfIRQ_mq_irq_affinity(t *testing.T) {
	for name, want := range map[string]string{
		"virtio2-input.0": "rx-0", "virtio12-output.13": "tx-13", "virtio2-config": "", "virtio2": "",
		"eth0-Tx-Rx-7": "rx-7 tx-7", "ens5-Tx-Rx-0": "rx-0 tx-0", "ena-mgmnt@pci:0000:00:05.0": "",
		"eth1-TxRx-3": "rx-3 tx-3", "eth1-rx-0": "rx-0", "eth1-tx-2": "tx-2", "eth1": "", "eth1-4": "rx-4 tx-4",
		"mlx5_comp5@pci:0000:3b:00.0": "rx-5 tx-5", "mlx5_async0@pci:0000:3b:00.0": "", "": "",
		"x-99999999999999999999": "",
	} {
		i := irq{}
		i.Queue, i.RX, i.TX = queueOf(name)
		if got := i.queueText(); got != want || (i.Queue < 0) != (want == "") || strings.Contains(got, "-1") && i.Queue < 0 {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
