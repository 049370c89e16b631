package schema

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// everything is a resource of each kind, with status.
func everything(t *testing.T) []*Resource {
	var all []*Resource
	for _, doc := range corpus(t) {
		all = append(all, ParseImport("a.yaml", doc).Resources...)
	}
	at := Time{time.Date(2026, 11, 23, 0, 0, 0, 5, time.UTC)}
	addr := netip.MustParseAddr("10.0.0.9")
	seen := map[Kind]bool{}
	for _, r := range all {
		if seen[r.Kind] {
			continue
		}
		seen[r.Kind] = true
		status := rowOf(r.Kind).status()
		*status.Common() = CommonStatus{ID: "x-1", CreatedAt: at}
		switch s := status.(type) {
		case *InstanceStatus:
			s.Phase, s.PublicIP, s.TerminationProtection = PhaseRunning, &PublicIPStatus{addr, 2}, new(false)
			s.Retirement, s.PendingPrivateIP, s.Predicted = &Retirement{at}, addr, []string{"mac"}
		case *ENIStatus:
			s.Instance, s.DeviceIndex = "web-1", 1
			s.Phase, s.Prefixes, s.SecondaryIPs = PhaseInUse, []netip.Prefix{netip.MustParsePrefix("10.0.0.16/28")}, []netip.Addr{addr}
		case *EIPStatus:
			s.Address, s.BoundTo = addr, &Binding{ENI: "e", PrivateIP: addr}
		case *SubnetStatus:
			s.UsedIPs = []netip.Addr{addr}
		case *TargetGroupStatus:
			s.Registered = []string{"web-1"}
		case *VPCEndpointStatus:
			s.Addresses = []EndpointAddress{{"web-b", addr}}
		case *VolumeStatus:
			s.Phase, s.SizeGiB = PhaseInUse, 100
			s.AttachedTo = []AttachedVolume{{"web-1", "/dev/xvdf", "/dev/nvme1n1", new(true), true}, {Instance: "web-2"}}
		case *ApprovalStatus:
			s.UsedBy = "12/s3"
		}
		all = append(all, r.With(nil, status))
	}
	if len(seen) != len(kinds) {
		t.Fatalf("the stories have %d of %d kinds", len(seen), len(kinds))
	}
	return all
}

func TestEncodeDecodeIsLossless(t *testing.T) {
	opts := []cmp.Option{
		cmpopts.IgnoreFields(Resource{}, "Pos", "At"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	}
	for _, r := range everything(t) {
		doc, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(doc)
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if diff := cmp.Diff(r, back, opts...); diff != "" {
			t.Errorf("%s (-before +after):\n%s", doc, diff)
		}
		again, _ := Encode(back)
		if string(again) != string(doc) {
			t.Errorf("encoded twice:\n%s\n%s", doc, again)
		}
	}
}

// TestWrittenYAMLIsRead holds that what `enid get -o yaml` prints can be imported.
func TestWrittenYAMLIsRead(t *testing.T) {
	for _, r := range everything(t) {
		text, err := ToYAML(r)
		if err != nil {
			t.Fatal(err)
		}
		f := ParseImport("a.yaml", text)
		if len(f.Findings) > 0 || len(f.Resources) != 1 {
			t.Fatalf("%v:\n%s", f.Findings, text)
		}
		before, _ := Encode(r)
		after, _ := Encode(f.Resources[0])
		if string(before) != string(after) {
			t.Errorf("(-before +after)\n-%s\n+%s", before, after)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for doc, want := range map[string]string{
		`{`:                  "decode resource: unexpected end of JSON input",
		`{"kind":"Nothing"}`: `decode resource: there is no kind "Nothing"`,
		`{"apiVersion":"enid/v1","kind":"VPC","metadata":{"name":"a"}}`:                                "decode VPC/a: it has no spec",
		`{"apiVersion":"enid/v1","kind":"VPC","spec":{}}`:                                              "decode VPC/: it has no name",
		`{"apiVersion":"enid/v2","kind":"VPC","metadata":{"name":"a"},"spec":{}}`:                      `decode VPC/a: apiVersion "enid/v2" is not enid/v1`,
		`{"apiVersion":"enid/v1","kind":"VPC","metadata":{"name":"a"},"spec":{"cidr":"x"}}`:            "decode VPC/a: ",
		`{"apiVersion":"enid/v1","kind":"VPC","metadata":{"name":"a"},"spec":{"region":"r"}} trailing`: "decode VPC/",
	} {
		if _, err := Decode([]byte(doc)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", doc, err, want)
		}
	}
	if _, err := Encode(&Resource{}); err == nil {
		t.Error("a resource without a spec cannot be encoded")
	}
}
