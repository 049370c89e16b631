//go:build linux

package vm

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// properties are those of a part of the machine, as QEMU's command line and its
// control protocol name them.
type properties map[string]any

// option answers them as an option of the command line has them.
func (p properties) option() string {
	var rest []string
	for key, value := range p {
		if key != "type" && key != "driver" {
			rest = append(rest, fmt.Sprintf("%s=%v", key, value))
		}
	}
	slices.Sort(rest)
	first := p["driver"]
	if first == nil {
		first = p["type"]
	}
	return fmt.Sprintf("%v,%s", first, strings.Join(rest, ","))
}

// nicEnd is the outside of NIC n, and nicDevice the NIC itself.
func nicEnd(n int) properties {
	return properties{"type": "tap", "id": fmt.Sprintf("end%d", n), "ifname": fmt.Sprintf("tap%d", n), "queues": queues,
		"script": "no", "downscript": "no", "vhost": false}
}

func nicDevice(n int) properties {
	return properties{"driver": "virtio-net-pci", "id": fmt.Sprintf("nic%d", n), "netdev": fmt.Sprintf("end%d", n), "bus": fmt.Sprintf("slot%d", n),
		"mac": mac(n), "mq": true, "vectors": 2*queues + 2, "romfile": ""}
}

// mac is the permanent MAC of NIC n.
func mac(n int) string { return fmt.Sprintf("52:54:00:00:00:%02x", n) }

// qmp talks to the QEMU that this machine runs in.
type qmp struct {
	port   io.ReadWriter
	in     *json.Decoder
	events []qmpReply // that nobody has waited for yet
}

type qmpReply struct {
	Return json.RawMessage
	Error  *struct{ Desc string }
	Event  string
	Data   struct{ Device string }
}

// control is the connection, which greets once.
var control = sync.OnceValues(func() (*qmp, error) {
	port, err := os.OpenFile(portFile(portControl), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	q := &qmp{port: port, in: json.NewDecoder(port)}
	var greeting map[string]any
	if err := q.in.Decode(&greeting); err != nil {
		return nil, fmt.Errorf("QEMU's greeting: %w", err)
	}
	return q, q.ask("qmp_capabilities", nil)
})

// ask has QEMU do something, and answers why it did not.
func (q *qmp) ask(command string, arguments properties) error {
	line, err := json.Marshal(struct {
		Execute   string     `json:"execute"`
		Arguments properties `json:"arguments,omitempty"`
	}{command, arguments})
	if err != nil {
		return err
	}
	if _, err := q.port.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("QEMU, %s: %w", command, err)
	}
	for {
		var r qmpReply
		if err := q.in.Decode(&r); err != nil {
			return fmt.Errorf("QEMU, %s: %w", command, err)
		}
		switch {
		case r.Event != "":
			q.events = append(q.events, r)
		case r.Error != nil:
			return fmt.Errorf("QEMU, %s: %s", command, r.Error.Desc)
		default:
			return nil
		}
	}
}

// gone waits until QEMU says that a device has left the machine.
func (q *qmp) gone(device string) error {
	for {
		for n, e := range q.events {
			if e.Event == "DEVICE_DELETED" && e.Data.Device == device {
				q.events = slices.Delete(q.events, n, n+1)
				return nil
			}
		}
		var r qmpReply
		if err := q.in.Decode(&r); err != nil {
			return fmt.Errorf("QEMU's events: %w", err)
		}
		q.events = append(q.events, r)
	}
}

// plug puts NIC n into its slot. The test's end takes it out again.
func plug(t *testing.T, n int) {
	t.Helper()
	q, err := control()
	if err == nil {
		err = q.ask("netdev_add", nicEnd(n))
	}
	if err == nil {
		err = q.ask("device_add", nicDevice(n))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if nicOf(t, mac(n)) != "" {
			unplug(t, n)
		}
	})
	wait(t, "NIC "+mac(n)+" is there", func() error {
		if nicOf(t, mac(n)) == "" {
			return fmt.Errorf("no link has its MAC")
		}
		return nil
	})
}

// unplug takes NIC n out.
func unplug(t *testing.T, n int) {
	t.Helper()
	device := nicDevice(n)["id"].(string)
	q, err := control()
	if err == nil {
		err = q.ask("device_del", properties{"id": device})
	}
	if err == nil {
		err = q.gone(device)
	}
	if err == nil {
		err = q.ask("netdev_del", properties{"id": nicEnd(n)["id"]})
	}
	if err != nil {
		t.Fatal(err)
	}
}
