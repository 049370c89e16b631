//go:build linux

package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// bothFamilies are those whose objects a snapshot reads.
var bothFamilies = []uint8{unix.AF_INET, unix.AF_INET6}

// body is part of a request that is in the kernel's form already.
type body []byte

func (b body) Len() int          { return len(b) }
func (b body) Serialize() []byte { return b }

// without answers a body without some of its attributes.
func (o object) without(types ...uint16) body {
	out := slices.Clone(o.Body[:o.header()])
	attrs, _ := nl.ParseRouteAttr(o.Body[o.header():]) // with the flags of their types, as they came
	for _, a := range attrs {
		if !slices.Contains(types, a.Attr.Type&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER)) {
			out = append(out, nl.NewRtAttr(int(a.Attr.Type), a.Value).Serialize()...)
		}
	}
	return out
}

// removal asks for the object to go, with all that identifies it.
func (o object) removal() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(int(o.Type)+1, 0) // RTM_DELxxx follows RTM_NEWxxx
	switch o.Type {
	case unix.RTM_NEWADDR:
		// With a label the kernel compares it; index, address and length say enough.
		req.AddData(o.without(unix.IFA_LABEL, unix.IFA_CACHEINFO, unix.IFA_FLAGS, ifaProto))
	case unix.RTM_NEWROUTE:
		req.AddData(o.lasting())
	default:
		req.AddData(o.lasting())
	}
	return req
}

// creation asks for the object to be made again, so long after it was read: its
// lifetimes have run on. It answers nil where they have ended meanwhile. flags say
// how, as netlink has them.
func (o object) creation(age time.Duration, flags int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(int(o.Type), unix.NLM_F_CREATE|flags)
	req.AddData(o.lasting())
	switch o.Type {
	case unix.RTM_NEWADDR:
		if info := slices.Clone(o.attr(unix.IFA_CACHEINFO)); len(info) >= 8 { // preferred, valid: seconds
			for i := 0; i < 8; i += 4 {
				left := aged(binary.NativeEndian.Uint32(info[i:]), age, time.Second)
				if left == 0 && i == 4 {
					return nil
				}
				binary.NativeEndian.PutUint32(info[i:], left)
			}
			req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, info))
		}
	case unix.RTM_NEWROUTE:
		// rta_expires stands third, in hundredths of a second; 0 is never.
		if info := o.attr(unix.RTA_CACHEINFO); len(info) >= 12 && int32(u32(info[8:])) > 0 {
			left := aged(u32(info[8:]), age, time.Second/100) / 100
			if left == 0 {
				return nil
			}
			req.AddData(u32Attr(unix.RTA_EXPIRES, left))
		}
	}
	return req
}

// aged answers what is left of a lifetime.
func aged(left uint32, age, unit time.Duration) uint32 {
	if left == math.MaxUint32 { // forever
		return left
	}
	return uint32(max(0, int64(left)-int64(age/unit)))
}

// lasting answers the body without what only says how things are at the moment,
// which the kernel refuses in a request.
func (o object) lasting() body {
	var out body
	switch o.Type {
	case unix.RTM_NEWADDR:
		return o.without(unix.IFA_CACHEINFO)
	case unix.RTM_NEWRULE:
		out = slices.Clone(o.Body)
		binary.NativeEndian.PutUint32(out[8:], binary.NativeEndian.Uint32(out[8:])&lastingRule)
		return out
	}
	drop := []uint16{unix.RTA_CACHEINFO, unix.RTA_MULTIPATH}
	hops := o.attr(unix.RTA_MULTIPATH)
	if o.attr(rtaNHID) != nil { // a next hop object says all the rest, and goes with nothing of it
		drop, hops = append(drop, unix.RTA_OIF, unix.RTA_GATEWAY, unix.RTA_VIA), nil
	}
	out = o.without(drop...)
	binary.NativeEndian.PutUint32(out[8:], binary.NativeEndian.Uint32(out[8:])&lastingRoute)
	if hops != nil {
		out = append(out, nl.NewRtAttr(unix.RTA_MULTIPATH, living(hops)).Serialize()...)
	}
	return out
}

// raw is what a dump is asked for.
type raw struct {
	typ      int // unix.RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE
	protocol uint8
	link     int // 0: any
}

// request answers the dump's request, for one family. Kernels before 4.20 ignore
// the filters.
func (r raw) request(family uint8) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(r.typ, unix.NLM_F_DUMP)
	if r.typ == unix.RTM_GETADDR {
		msg := nl.NewIfAddrmsg(int(family))
		msg.Index = uint32(r.link)
		req.AddData(msg)
		return req
	}
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{Family: family}}
	if r.typ == unix.RTM_GETROUTE { // of rules the kernel filters nothing
		msg.Protocol = r.protocol
	}
	req.AddData(msg)
	if r.link != 0 {
		req.AddData(u32Attr(unix.RTA_OIF, uint32(r.link)))
	}
	return req
}

// keeps reports whether an object is one that was asked for.
func (r raw) keeps(o object) bool {
	if o.Type == unix.RTM_NEWROUTE && binary.NativeEndian.Uint32(o.Body[8:])&unix.RTM_F_CLONED != 0 {
		return false
	}
	return (r.link == 0 || slices.Contains(o.links(), r.link)) && (r.protocol == 0 || o.protocol() == r.protocol)
}

// objects reads objects of both families, in the kernel's order. What is asked of a
// link that is gone, or of a family that this kernel has not, is empty.
func (m *Machine) objects(ctx context.Context, r raw) (out []object, err error) {
	for _, family := range bothFamilies {
		req := r.request(family)
		var found []object
		err := m.all(ctx, "objects", req, func() { found = nil }, func(b []byte) {
			o := object{Type: uint16(r.typ) - 2, Body: slices.Clone(b)} // RTM_NEWxxx stands two before RTM_GETxxx
			if len(b) >= o.header() && o.family() == family && r.keeps(o) {
				found = append(found, o)
			}
		})
		if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read what the machine has: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// monotonic answers the time on the clock by which lifetimes run.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
