package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan/render"
	"enid/reconcile/host"
)

// The machine drawn: queues in use with their interrupts and CPUs, one row where an
// interrupt is for both directions; names from outside stay where they are printed.
func TestMachineTables(t *testing.T) {
	entries := 4096
	s := &host.Shown{CPUs: 64, Primary: "eth0", FlowEntries: &entries,
		Services: []host.ShownService{{Name: "irqbalance", Systemd: true, Active: true}},
		Interfaces: []host.ShownLink{
			{Name: "eth0", Up: true, MTU: 9001, MAC: "02:00:00:00:00:01", XDP: 7, Queues: &host.ShownQueues{Combined: 2, MaxCombined: 8},
				Addresses: []host.ShownObject{{Text: "10.0.0.19/24"}, {Text: "::1/128", Ours: true, ValidFor: "1h0m0s"}},
				RPS:       []string{"00000000,0000000f", "80000001,00000000"}, XPS: []string{"0,00000001"}, FlowCount: []int{2048, 0},
				IRQs: []host.ShownIRQ{{IRQ: 30, Name: "ena-mgmnt"}, {IRQ: 31, Name: "eth0-Tx-Rx-0", Queue: "rx-0 tx-0", CPUs: "0-63", Effective: "3"}}},
			{Name: "v\x1b[1m", MTU: 1500, Kind: "veth", Master: "br0", Queues: &host.ShownQueues{RX: 1, TX: 2, MaxRX: 4, MaxTX: 4}},
			{Name: "lo", Up: true, MTU: 65536, RPS: []string{"0"}},
		},
		Rules: []host.ShownObject{{Text: "9000: from 10.0.0.20 lookup 1001", Ours: true}}}
	var b strings.Builder
	if err := render.Tables(&b, render.Options{}, machineTables(s)...); err != nil {
		t.Fatal(err)
	}
	want := `64 CPUs, irqbalance runs, until the next boot, 4096 flows steered (RFS)

Interfaces
  NAME        STATE  MTU    MAC                KIND         QUEUES                XDP
  eth0        up     9001   02:00:00:00:00:01  primary      2 of 8                program 7
  v\u001b[1m  down   1500   -                  veth of br0  rx 1 of 4, tx 2 of 4  -
  lo          up     65536  -                  -            -                     -

Queues
  NIC         QUEUE      IRQ  NAME          ON CPU  ALLOWED  RPS    XPS  FLOWS
  eth0        rx-0 tx-0  31   eth0-Tx-Rx-0  3       0-63     0-3    0    2048
  eth0        rx-1       -    -             -       -        32,63  -    off
  eth0        tx-1       -    -             -       -        -      -    -
  v\u001b[1m  rx-0       -    -             -       -        -      -    -
  v\u001b[1m  tx-0       -    -             -       -        -      -    -
  v\u001b[1m  tx-1       -    -             -       -        -      -    -

Addresses
  INTERFACE  ADDRESS       BY    VALID FOR
  eth0       10.0.0.19/24  -     -
  eth0       ::1/128       enid  1h0m0s

Rules
  RULE                              BY
  9000: from 10.0.0.20 lookup 1001  enid
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	if showFormat(true) != "table" || showFormat(false) != "yaml" {
		t.Error("tables on a terminal, YAML for programs")
	}
}
