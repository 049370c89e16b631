package render_test

import (
	"bytes"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"enid/plan/query"
	"enid/plan/render"
	"enid/schema"
)

// hostile is a town whose files and names try to move the cursor.
func hostile() *schema.Topology {
	const name = "web\x1b[2J"
	resource := func(kind schema.Kind, name string, spec schema.Spec) *schema.Resource {
		return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Pos: schema.Pos{File: "::error\x1b.yaml", Line: 1, Column: 1}}
	}
	instance := func(a string) *schema.InstanceSpec {
		return &schema.InstanceSpec{NetworkType: schema.NetworkVPC, Subnet: name, Type: "m5.large", PrivateIP: netip.MustParseAddr(a), SecurityGroups: []string{name}}
	}
	return schema.NewTopology([]*schema.Resource{
		resource(schema.KindAccount, name, &schema.AccountSpec{Provider: schema.AWS}),
		resource(schema.KindVPC, name, &schema.VPCSpec{Account: name, Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")}),
		resource(schema.KindSubnet, name, &schema.SubnetSpec{VPC: name, Zone: "ra", CIDR: netip.MustParsePrefix("10.0.0.0/26"),
			Reservations: []schema.Reservation{{CIDR: netip.MustParsePrefix("10.0.0.32/28")}}}),
		resource(schema.KindSecurityGroup, name, &schema.SecurityGroupSpec{VPC: name, Rules: []schema.SecurityRule{
			{Direction: "ingress", Protocol: "tcp", Ports: "22", Action: "allow", Priority: 1, Peer: schema.Peer{SecurityGroup: name}}}}),
		resource(schema.KindInstance, name, instance("10.0.0.20")),
		resource(schema.KindInstance, "b", instance("10.0.0.21")),
		resource(schema.KindKeyPair, name, &schema.KeyPairSpec{Fingerprint: "aa"}),
	})
}

var escape = regexp.MustCompile("\x1b\\[[0-9]*m")

// TestQueries_inert_and_plain: what comes from the files is inert, and colours say
// nothing that the text does not.
func TestQueries_inert_and_plain(t *testing.T) {
	town := hostile()
	yes, err := query.Reach(town, query.Question{From: "web\x1b[2J", To: "b", Port: 22})
	if err != nil || !yes.Reachable {
		t.Fatal(yes, err)
	}
	no, err := query.Reach(town, query.Question{From: "internet", To: "web\x1b[2J"})
	if err != nil || no.Reachable {
		t.Fatal(no, err)
	}
	report, err := query.CIDR(town, "web\x1b[2J")
	if err != nil {
		t.Fatal(err)
	}
	key := &query.Key{Type: "RSA", Fingerprints: []query.Fingerprint{{Value: "aa", Hash: "MD5", Of: "it", When: "imported"}}, Matches: []query.Match{{KeyPair: "KeyPair/web\x1b[2J", By: "fingerprint"}}}
	for name, show := range map[string]func(io.Writer, render.Options) error{
		"yes":  func(w io.Writer, o render.Options) error { return render.Reach(w, yes, o) },
		"no":   func(w io.Writer, o render.Options) error { return render.Reach(w, no, o) },
		"cidr": func(w io.Writer, o render.Options) error { return render.CIDR(w, report, o) },
		"key":  func(w io.Writer, o render.Options) error { return render.Key(w, key, o) },
	} {
		var plain, coloured bytes.Buffer
		if err := show(&plain, render.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := show(&coloured, render.Options{Color: true}); err != nil {
			t.Fatal(err)
		}
		if text := plain.String(); strings.ContainsAny(text, "\x1b") || !strings.Contains(text, `web\u001b[2J`) || strings.Contains(text, "\n::") {
			t.Errorf("%s is not inert:\n%q", name, text)
		}
		if coloured.Len() == plain.Len() || escape.ReplaceAllString(coloured.String(), "") != plain.String() {
			t.Errorf("%s says something by colour alone:\n%q", name, coloured.String())
		}
	}
}
