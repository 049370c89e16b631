//go:build linux

package host

import (
	"math"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Of what a link receives only datagrams for clients come out of the kernel, and a
// packet goes where the last one came from unless it is for all.
func TestWire(t *testing.T) {
	example(t)
	sh(t, "ip link set eth1 up")
	settled(t, "eth1", "xeth1")
	far := func(name string) net.Interface {
		i, err := net.InterfaceByName(name)
		if err != nil {
			t.Fatal(err)
		}
		return *i
	}
	from := netip.MustParseAddr("10.0.0.253")
	server, err := openWire(far("xeth1"), from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := openWire(far("eth1"), netip.Addr{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, port := range []int{67, 9, 68} {
		if _, err := server.WriteTo([]byte("to a port"), &net.UDPAddr{IP: net.IPv4bcast, Port: port}); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 1500)
	client.frames.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, _, err := client.frames.ReadFrom(b)
	if err != nil || n != 20+8+9 || b[22] != 0 || b[23] != 68 {
		t.Errorf("%v, %x", err, b[:n])
	}
	if got := client.frames.heard().String(); got != far("xeth1").HardwareAddr.String() {
		t.Errorf("heard %s", got)
	}
	seen := make([]string, 0, 2)
	for _, to := range []net.IP{net.IPv4bcast, from.AsSlice()} {
		if _, err := client.WriteTo([]byte("to a server"), &net.UDPAddr{IP: to, Port: 68}); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, client.frames.to.String())
	}
	same(t, seen, "ff:ff:ff:ff:ff:ff", far("xeth1").HardwareAddr.String())
}

// What a server says is believed as far as it makes sense.
func TestGranted(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name                string
		mods                []dhcpv4.Modifier
		prefix              string // empty: no lease
		life, renew, rebind time.Duration
	}{
		{"the fractions of RFC 2131", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(3600)}, "10.0.0.20/24", 3600 * second, 1800 * second, 3150 * second},
		{"its own times", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(3600), dhcpv4.WithOption(dhcpv4.OptRenewTimeValue(60 * second)), dhcpv4.WithOption(dhcpv4.OptRebindingTimeValue(90 * second))},
			"10.0.0.20/24", 3600 * second, 60 * second, 90 * second},
		{"times behind the end", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(800), dhcpv4.WithOption(dhcpv4.OptRenewTimeValue(9000 * second)), dhcpv4.WithOption(dhcpv4.OptRebindingTimeValue(9000 * second))},
			"10.0.0.20/24", 800 * second, 400 * second, 700 * second},
		{"to rebind before it renews", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(800), dhcpv4.WithOption(dhcpv4.OptRenewTimeValue(500 * second)), dhcpv4.WithOption(dhcpv4.OptRebindingTimeValue(100 * second))},
			"10.0.0.20/24", 800 * second, 100 * second, 100 * second},
		{"for ever", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(math.MaxUint32)}, "10.0.0.20/24", 0, 0, 0},
		{"no mask", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(8), dhcpv4.WithoutOption(dhcpv4.OptionSubnetMask)}, "10.0.0.20/32", 8 * second, 4 * second, 7 * second},
		{"a mask with holes", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(8), dhcpv4.WithNetmask(net.IPv4Mask(255, 0, 255, 0))}, "10.0.0.20/32", 8 * second, 4 * second, 7 * second},
		{"a mask of 16 bytes", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(8), dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionSubnetMask, make([]byte, 16)))}, "10.0.0.20/32", 8 * second, 4 * second, 7 * second},
		{"no time", nil, "", 0, 0, 0},
		{"a time of five bytes", []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionIPAddressLeaseTime, make([]byte, 5)))}, "", 0, 0, 0},
		{"no address", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(8), dhcpv4.WithYourIP(net.IPv4zero)}, "", 0, 0, 0},
		{"no server", []dhcpv4.Modifier{dhcpv4.WithLeaseTime(8), dhcpv4.WithoutOption(dhcpv4.OptionServerIdentifier)}, "", 0, 0, 0},
	} {
		mods := append([]dhcpv4.Modifier{dhcpv4.WithYourIP(net.IPv4(10, 0, 0, 20)), dhcpv4.WithNetmask(net.CIDRMask(24, 32)),
			dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 0, 0, 253)))}, c.mods...)
		made, err := dhcpv4.New(mods...)
		if err != nil {
			t.Fatal(err)
		}
		p, err := dhcpv4.FromBytes(made.ToBytes())
		if err != nil {
			t.Fatal(err)
		}
		g, err := granted(p)
		if c.prefix == "" {
			if err == nil {
				t.Errorf("%s: %+v is no lease", c.name, g)
			}
			continue
		}
		if err != nil || g.prefix != netip.MustParsePrefix(c.prefix) || g.life != c.life || g.renew != c.renew || g.rebind != c.rebind {
			t.Errorf("%s: %v %v for %s, T1 %s, T2 %s", c.name, err, g.prefix, g.life, g.renew, g.rebind)
		}
	}
}
