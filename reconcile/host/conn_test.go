//go:build linux

package host

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Each request of a pipeline has its own answer, with the kernel's explanation.
func TestPipeline(t *testing.T) {
	example(t)
	m := open(t, Options{})
	var reqs []*nl.NetlinkRequest
	for i := range 3 * pipeline {
		reqs = append(reqs, ruleRequest(guest.Rule{Priority: uint32(9000 + i/2), Src: netip.MustParsePrefix("10.0.0.20/32"), Table: 1001,
			Suppress: -1, Protocol: guest.Protocol}, unix.RTM_NEWRULE, exclusive))
	}
	reqs = append(reqs, routeRequest(guest.Route{Table: 1001, Dst: netip.MustParsePrefix("0.0.0.0/0"), Type: guest.Unicast, Protocol: guest.Protocol,
		Gateway: netip.MustParseAddr("10.0.0.253"), Onlink: true}, 9999, unix.RTM_NEWROUTE, exclusive))
	errs, err := m.conn.do(reqs)
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range errs[:3*pipeline] {
		if twice := i%2 == 1; twice != errors.Is(err, unix.EEXIST) || !twice && err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	var refused *KernelError
	if last := errs[len(errs)-1]; !errors.As(last, &refused) || !strings.Contains(refused.Explain, "device") {
		t.Errorf("the last one: %v", last)
	}
	if n := len(rulesOf(t)); n != 3*pipeline/2 {
		t.Errorf("%d rules", n)
	}
	clean(t)
}

// A table that is not there is empty, for either way of reading: the kernel refuses
// it at the end of the dump, which is not where the library expects an explanation.
func TestReadNoTable(t *testing.T) {
	m := open(t, Options{})
	none := func([]byte) { t.Error("a route") }
	if err := m.all(t.Context(), "routes", routesRequest(false, 4242, 0, 0), func() {}, none); err != nil {
		t.Error(err)
	}
	err := peek(routesRequest(false, 4242, 0, 0), func([]byte) bool { return true })
	if !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}

// What was there already, or is gone already, is done.
func TestDoneAlready_host_rule(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	w, err := m.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rule := guest.Rule{Priority: 9000, Src: netip.MustParsePrefix("10.0.0.20/32"), Table: 1001, Suppress: -1, Action: guest.ActionTable, Protocol: guest.Protocol}
	route := w.Get(guest.Route{Table: 1001, Dst: netip.MustParsePrefix("0.0.0.0/0")}.Ref()).(guest.Route)
	for _, d := range []deed{
		{op: guest.AddRule, target: rule.Ref(), to: rule},
		{op: guest.DeleteRule, target: rule.Ref(), from: rule},
		{op: guest.DeleteRule, target: rule.Ref(), from: rule},
		resolve(guest.AddRoute, route.Ref(), w, w),
		resolve(guest.DeleteRoute, route.Ref(), w, w),
		resolve(guest.DeleteRoute, route.Ref(), w, w),
		resolve(guest.DeleteAddress, guest.Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24")}.Ref(), w, w),
		resolve(guest.DeleteAddress, guest.Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24")}.Ref(), w, w),
	} {
		if err := m.do(t.Context(), []deed{d})[0]; err != nil {
			t.Errorf("%s: %v", d.op, err)
		}
	}
	converge(t, m, c)
}
