package guest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// told answers the steps and the advice of a change, a line each.
func told(t *testing.T, before, after *plan.World) string {
	t.Helper()
	host, advice, err := Between(before, after, "web-1", at)
	if err != nil {
		t.Fatal(err)
	}
	lines := linesOf(host)
	for _, a := range advice {
		lines = append(lines, "! "+a.Target.String()+" "+a.Detail)
	}
	return strings.Join(lines, "\n")
}

// without answers the world without one resource.
func without(w *plan.World, ref schema.Ref) *plan.World {
	w.Put(ref, nil)
	return w
}

// volumeOf answers the state with a volume of that size and file system, at AWS.
func volumeOf(s *state, gib int, fs string) *plan.World {
	spec := &schema.VolumeSpec{Account: "aws", Zone: "us-east-1a", SizeGiB: gib, AttachTo: []schema.VolumeAttachment{{Instance: "web-1", Device: "/dev/sdf",
		Guest: &schema.VolumeGuest{Partition: 1, FileSystem: fs, MountPoint: "/data"}}}}
	s.more = append(s.more, res(schema.KindAccount, "aws", &schema.AccountSpec{Provider: schema.AWS}, nil), res(schema.KindVolume, "data", spec, nil))
	return s.world()
}

var hostRef = schema.Ref{Kind: schema.KindHost, Name: "web-1"}

// What comes out of changes that no kernel can be asked about, in words.
func TestBetweenTells(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after func(s *state) *plan.World // nil: the example
		want, not     []string
	}{
		{name: "a Host that comes", before: func(s *state) *plan.World { return without(s.world(), hostRef) },
			want: []string{"h1 SetLinkUp eth1", "rule add from 10.0.0.21 lookup 1002", "no machine was looked at"}},
		{name: "a Host that goes", after: func(s *state) *plan.World { return without(s.world(), hostRef) },
			want: []string{"! Host/web-1 is not declared any more", "for 2 ENIs"}, not: []string{"> h1 "}},
		{name: "an instance that is replaced", after: func(s *state) *plan.World {
			w := s.world()
			r := w.Get(schema.Ref{Kind: schema.KindInstance, Name: "web-1"}).(*schema.Resource)
			w.Put(r.Ref, r.With(nil, &schema.InstanceStatus{CommonStatus: schema.CommonStatus{ID: "i-2"}, Phase: schema.PhaseRunning, MAC: mac0}))
			return w
		}, want: []string{"SetLinkUp eth1", "address add 10.0.0.20/24 dev eth1", "! Host/web-1 Instance/web-1 is another one of its name"}, not: []string{"delete"}},
		{name: "another instance", before: func(s *state) *plan.World {
			s.host.Instance = "web-0"
			return s.world()
		}, want: []string{"address add 10.0.0.20/24 dev eth1", "what enid made on Instance/web-0 stays there"}},
		{name: "an ENI that is replaced", after: func(s *state) *plan.World {
			_, status := s.eni("web-1-b")
			status.ID = "eni-2"
			return s.world()
		}, want: []string{"SetLinkUp eth1", "address add 10.0.0.20/24 dev eth1"}, not: []string{"eth2:", "delete"}},
		{name: "an address that the cloud chooses", after: func(s *state) *plan.World {
			_, status := s.eni("web-1-b")
			status.SecondaryIPs, status.Predicted = []netip.Addr{netip.MustParseAddr("10.0.0.77")}, []string{"secondaryIPs"}
			return s.world()
		}, want: []string{"! ENI/web-1-b an address of it is chosen by the cloud, and is configured on eth1"}, not: []string{"10.0.0.77", "> h1 "}},
		{name: "a primary address that the cloud chooses", before: func(s *state) *plan.World {
			delete(s.enis, "web-1-c")
			return s.world()
		}, after: func(s *state) *plan.World {
			_, status := s.eni("web-1-c")
			status.Predicted = []string{"privateIP"}
			return s.world()
		}, want: []string{"> h1 SetLinkUp eth2", "! ENI/web-1-c an address of it is chosen by the cloud"}, not: []string{"10.0.0.21", "["}},
		{name: "an ENI that leaves", after: func(s *state) *plan.World {
			delete(s.enis, "web-1-c")
			return s.world()
		}, want: []string{"DeleteAddress eth2", "! ENI/web-1-c leaves web-1"}},
		{name: "a NIC whose MAC nobody knows", before: func(s *state) *plan.World {
			delete(s.enis, "web-1-c")
			return s.world()
		}, after: func(s *state) *plan.World {
			_, status := s.eni("web-1-c")
			status.MAC = ""
			return s.world()
		}, want: []string{"h1 SetLinkUp eth2", "rule add from 10.0.0.21 lookup 1002"}, not: []string{"[", "02:"}},
		{name: "an ENI that is not attached in the end", before: func(s *state) *plan.World {
			delete(s.enis, "web-1-c")
			return s.world()
		}, after: func(s *state) *plan.World {
			spec, status := s.eni("web-1-c")
			spec.AttachTo = &schema.Attachment{Instance: "web-1", DeviceIndex: 2}
			status.Phase, status.Instance, status.DeviceIndex = schema.PhaseAvailable, "", 0
			return s.world()
		}, not: []string{"> h1 ", "eth2"}},
		{name: "queues: auto", after: func(s *state) *plan.World {
			s.host.Queues = schema.Queues{Auto: true}
			return s.world()
		}, want: []string{"! Host/web-1 queues of eth0, eth1, eth2: auto, which is up to 2 (the maximum of ecs.g5.large) or as many as the machine has CPUs"}, not: []string{"ethtool"}},
		{name: "queues by number", after: func(s *state) *plan.World {
			s.host.Queues = schema.Queues{Count: 2}
			return s.world()
		}, want: []string{"SetChannels eth0: ethtool -L eth0 combined 2", "ethtool -L eth2 combined 2"}, not: []string{"auto", "irqbalance"}},
		{name: "more queues than the type has", after: func(s *state) *plan.World {
			s.host.Queues = schema.Queues{Count: 3}
			return s.world()
		}, want: []string{"an ENI of type ecs.g5.large has at most 2"}, not: []string{"ethtool"}},
		{name: "RPS, XPS and RFS", after: func(s *state) *plan.World {
			s.host.RPS, s.host.XPS, s.host.RFS = schema.RPS{Mode: "documented"}, "auto", schema.RFS{Entries: 5000}
			return s.world()
		}, want: []string{"SetSocketFlows", "RPS of eth0, eth1, eth2: documented", "XPS of eth0, eth1, eth2: auto", "RFS of eth0, eth1, eth2: 8192 flows"}, not: []string{"["}},
		{name: "DHCP", before: func(s *state) *plan.World { return without(s.world(), hostRef) }, after: func(s *state) *plan.World {
			s.host.Addressing = "dhcp"
			return s.world()
		}, want: []string{"dhclient -4 -1 -sf /bin/true eth1", "address add 10.0.0.20/24 dev eth1", "configured once a DHCP server on eth1 leases it"}, not: []string{"["}},
		{name: "static instead of DHCP", before: func(s *state) *plan.World {
			s.host.Addressing = "dhcp"
			return s.world()
		}, want: []string{"h1 ReleaseLease eth1: dhclient -4 -r -sf /bin/true eth1"}, not: []string{"address"}},
		{name: "irqbalance", after: func(s *state) *plan.World {
			s.host.IRQBalance = "disabled"
			return s.world()
		}, want: []string{"systemctl disable --now irqbalance"}},
		{name: "files for the boot", after: func(s *state) *plan.World {
			s.host.Persist = "netplan"
			return s.world()
		}, want: []string{"WriteFile /etc/netplan/", "--format netplan"}, not: []string{"does this distribution read", "["}},
		{name: "a volume that grows", before: func(s *state) *plan.World { return volumeOf(s, 200, "ext4") }, after: func(s *state) *plan.World { return volumeOf(s, 500, "ext4") },
			want: []string{"> h1 GrowPartition /dev/sdf: growpart /dev/sdf 1\n> h2 GrowFileSystem /dev/sdf1: resize2fs /dev/sdf1", "taken for the declared /dev/sdf"}, not: []string{"["}},
		{name: "a volume of which little is said", before: func(s *state) *plan.World { return volumeOf(s, 200, "") }, after: func(s *state) *plan.World { return volumeOf(s, 500, "") },
			want: []string{"! Volume/data what is on its 500 GiB is for the machine to say"}, not: []string{"> h1", "["}},
		{name: "a volume that comes", after: func(s *state) *plan.World { return volumeOf(s, 200, "ext4") }, not: []string{"> h1", "["}},
	} {
		t.Run(c.name, func(t *testing.T) {
			make := func(f func(s *state) *plan.World) *plan.World {
				if s := exampleState(); f != nil {
					return f(s)
				}
				return exampleState().world()
			}
			got := told(t, make(c.before), make(c.after))
			for _, x := range c.want {
				if !strings.Contains(got, x) {
					t.Errorf("%q is not said:\n%s", x, got)
				}
			}
			for _, x := range c.not {
				if strings.Contains(got, x) {
					t.Errorf("%q is said:\n%s", x, got)
				}
			}
		})
	}
}

// What a value was that nobody set is not known, and what enid set is.
func TestBetweenFrom(t *testing.T) {
	mtu := func(n int) *plan.World {
		s := exampleState()
		spec, _ := s.eni("web-1-b")
		spec.Guest = &schema.ENIGuest{MTU: n}
		return s.world()
	}
	for _, c := range []struct {
		before, after int
		from          any
	}{{0, 1400, NotKnown}, {1500, 1400, 1500}} {
		host, _, err := Between(mtu(c.before), mtu(c.after), "web-1", at)
		if err != nil || len(host.Steps) != 1 || host.Steps[0].Changes[0].From != c.from {
			t.Errorf("from %d to %d: %v, %v", c.before, c.after, err, fmt.Sprint(linesOf(host)))
		}
	}
	if host, _, _ := Between(mtu(1400), mtu(0), "web-1", at); len(host.Steps) > 0 {
		t.Errorf("what is not declared any more stays: %v", linesOf(host))
	}
}
