package schema

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// everywhere are resources that name others in every field in which they can.
func everywhere() []*Resource {
	of := func(spec Spec, status Status) *Resource {
		return &Resource{Ref: Ref{spec.Kind(), "it"}, Spec: spec, Status: status}
	}
	at := netip.MustParseAddr("10.0.0.4")
	return []*Resource{
		of(&VPCSpec{Account: "x"}, nil), of(&SubnetSpec{VPC: "x"}, nil),
		of(&SecurityGroupSpec{VPC: "x", Account: "x", Rules: []SecurityRule{{}, {Peer: Peer{SecurityGroup: "x", Account: "x"}}}}, nil),
		of(&InstanceSpec{Subnet: "x", Account: "x", SecurityGroups: []string{"y", "x"}, KeyPair: "x", Image: "x"}, nil),
		of(&ENISpec{Subnet: "x", SecurityGroups: []string{"x"}, AttachTo: &Attachment{Instance: "x", DeviceIndex: 2}}, &ENIStatus{Instance: "x", PrivateIP: at}),
		of(&EIPSpec{Account: "x", BindTo: &Binding{ENI: "x", PrivateIP: at}, ConvertFrom: &ConvertFrom{Instance: "x"}},
			&EIPStatus{BoundTo: &Binding{ENI: "x", PrivateIP: at}, ConvertedFrom: "x"}),
		of(&EIPSpec{BindTo: &Binding{Instance: "x"}}, &EIPStatus{BoundTo: &Binding{Instance: "x"}}),
		of(&TargetGroupSpec{VPC: "x", Targets: []string{"x", "y"}}, &TargetGroupStatus{Registered: []string{"y", "x"}}),
		of(&PeeringSpec{VPCs: []string{"y", "x"}}, nil), of(&ClassicLinkSpec{Instance: "x", VPC: "x"}, nil),
		of(&VPCEndpointSpec{VPC: "x", Subnets: []string{"x"}, SecurityGroups: []string{"x"}},
			&VPCEndpointStatus{Addresses: []EndpointAddress{{Subnet: "x", PrivateIP: at}}}),
		of(&TrafficMirrorSpec{Source: MirrorSource{ENI: "x"}, Target: MirrorTarget{ENI: "x"}}, nil),
		of(&TrafficMirrorSpec{Source: MirrorSource{ENI: "x"}, Target: MirrorTarget{VPCEndpoint: "x"}}, nil),
		of(&KeyPairSpec{Account: "x"}, nil), of(&ImageSpec{Account: "x", FromInstance: "x"}, nil),
		of(&VolumeSpec{Account: "x", FromSnapshot: "x", AttachTo: []VolumeAttachment{{Instance: "y"}, {Instance: "x"}}},
			&VolumeStatus{AttachedTo: []AttachedVolume{{Instance: "x", Device: "/dev/sdf"}}}),
		of(&SnapshotSpec{Of: SnapshotOf{Volume: "x"}}, nil), of(&SnapshotSpec{Of: SnapshotOf{Instance: "x"}}, nil),
		of(&HostSpec{Instance: "x"}, nil), of(&ApprovalSpec{Target: Ref{KindENI, "x"}}, &ApprovalStatus{UsedBy: "3/s1"}),
	}
}

// TestRenamed: every name "x" becomes "a-new-name", and back again it is what it was.
func TestRenamed(t *testing.T) {
	rename := func(from, to string) func(Ref) Ref {
		return func(r Ref) Ref {
			if r.Name == from {
				r.Name = to
			}
			return r
		}
	}
	for _, r := range everywhere() {
		before := text(t, r)
		there, err := Renamed(r, rename("x", "a-new-name"))
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, there); got == before || strings.Contains(strings.ReplaceAll(got, "/x\"", "\"x\""), `"x"`) {
			t.Errorf("%s: %s", r.Kind, got)
		}
		back, err := Renamed(there, rename("a-new-name", "x"))
		if err != nil {
			t.Fatal(err)
		}
		if after := text(t, r); after != before || text(t, back) != before {
			t.Errorf("%s: was %s, is %s, back %s", r.Kind, before, after, text(t, back))
		}
		if same, err := Renamed(r, rename("nobody", "z")); same != r || err != nil {
			t.Errorf("%s: a rename of nobody changes it: %v", r.Kind, err)
		}
		own, err := Renamed(r, rename("it", "renamed"))
		if err != nil || own.Ref != (Ref{r.Kind, "renamed"}) || r.Name != "it" || own.Spec != r.Spec {
			t.Errorf("%s: its own name: %+v, %v", r.Kind, own, err)
		}
	}
}

// TestStatusReferences has every text of a status that is a resource's name
// listed: a new one is either a reference, or is said here not to be.
func TestStatusReferences(t *testing.T) {
	plain := map[string]bool{"id": true, "phase": true, "mac": true, "usedBy": true, "device": true, "guestDevice": true, "predicted": true}
	for _, row := range kinds {
		status := row.status()
		var unknown []string
		eachText(reflect.TypeOf(status).Elem(), "", func(name string) {
			if !plain[name] {
				unknown = append(unknown, name)
			}
		})
		if _, lists := status.(statusReferences); lists != (len(unknown) > 0) {
			t.Errorf("%s: the status holds the texts %v, and lists references: %v", row.kind, unknown, lists)
		}
	}
}

// eachText calls see for the JSON name of each field that holds texts.
func eachText(t reflect.Type, name string, see func(string)) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		eachText(t.Elem(), name, see)
	case reflect.String:
		see(name)
	case reflect.Struct:
		if t.PkgPath() != reflect.TypeFor[Ref]().PkgPath() {
			return
		}
		for i := range t.NumField() {
			f := t.Field(i)
			own, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			eachText(f.Type, own, see)
		}
	}
}

func text(t *testing.T, r *Resource) string {
	t.Helper()
	doc, err := Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}
