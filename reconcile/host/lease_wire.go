//go:build linux

package host

import (
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// wire is a packet socket for DHCP on one link, with or without an address there.
// A UDP socket would need the address, and port 68, which another client of the
// machine may have. It is open during an exchange only.
//
// The library's own socket reads all IPv4 that comes in over the link, broadcasts
// whatever it sends, and has no source address: the kernel throws such a packet to
// a server away.
type wire struct {
	net.PacketConn                // reads what is for port 68
	bare, from     net.PacketConn // write without a source, and from the address
	frames         *frames
}

// frames note who sent the last frame, and say who gets the next.
type frames struct {
	*packet.Conn
	mu   sync.Mutex
	peer net.HardwareAddr // of the last frame: the server, or the relay before it
	to   net.HardwareAddr
}

// openWire opens a socket on the link. from is the address that it has, zero: none;
// peer is where the server was last heard, nil: not known.
func openWire(link net.Interface, from netip.Addr, peer net.HardwareAddr) (*wire, error) {
	c, err := packet.Listen(&link, packet.Datagram, unix.ETH_P_IP, &packet.Config{Filter: toClients})
	if err != nil {
		return nil, fmt.Errorf("open a packet socket on %s: %w", link.Name, err)
	}
	f := &frames{Conn: c, peer: peer}
	w := &wire{frames: f, bare: nclient4.NewBroadcastUDPConn(f, &net.UDPAddr{IP: net.IPv4zero, Port: nclient4.ClientPort})}
	w.PacketConn = nclient4.NewBroadcastUDPConn(f, &net.UDPAddr{Port: nclient4.ClientPort})
	w.from = w.bare
	if from.IsValid() {
		w.from = nclient4.NewBroadcastUDPConn(f, &net.UDPAddr{IP: from.AsSlice(), Port: nclient4.ClientPort})
	}
	return w, nil
}

// toClients passes whole UDP datagrams for port 68, and nothing else of what the
// link receives: it may be a lot.
var toClients = func() []bpf.RawInstruction {
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_UDP, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x3fff, SkipTrue: 3},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadIndirect{Off: 2, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nclient4.ClientPort, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: 1 << 16},
	})
	if err != nil {
		return []bpf.RawInstruction{{}} // the kernel refuses it: no socket rather than an open one
	}
	return raw
}()

// WriteTo broadcasts, or sends to where the server was last heard: to a server on
// another link that is the relay, which is its way as well.
func (w *wire) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, _ := addr.(*net.UDPAddr)
	w.frames.mu.Lock()
	w.frames.to = nclient4.BroadcastMac
	if to != nil && !to.IP.Equal(net.IPv4bcast) && w.frames.peer != nil {
		w.frames.to = w.frames.peer
	}
	w.frames.mu.Unlock()
	return w.from.WriteTo(b, addr)
}

// ReadFrom reads a packet, and notes which machine of the link sent it.
func (f *frames) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := f.Conn.ReadFrom(b)
	if a, ok := addr.(*packet.Addr); ok && err == nil {
		f.mu.Lock()
		f.peer = a.HardwareAddr
		f.mu.Unlock()
	}
	return n, addr, err
}

// WriteTo sends a packet to the machine that wire.WriteTo chose.
func (f *frames) WriteTo(b []byte, _ net.Addr) (int, error) {
	f.mu.Lock()
	to := f.to
	f.mu.Unlock()
	return f.Conn.WriteTo(b, &packet.Addr{HardwareAddr: to})
}

// heard answers who sent the last frame; nil: nobody has.
func (f *frames) heard() net.HardwareAddr {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.peer
}
