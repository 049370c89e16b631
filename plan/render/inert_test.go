package render

import (
	"net/netip"
	"testing"

	"enid/schema"
)

func TestInert(t *testing.T) {
	for in, want := range map[string]string{
		"web-1":                 "web-1",
		"::error file=x::pwned": `\::error file=x::pwned`,
		"a\nb\tc":               `a\nb\tc`,
		"\x1b[2Jgone":           `\u001b[2Jgone`,
		"right\u202eleft":       `right\u202eleft`,
		"bad\xffbyte":           `bad\ufffdbyte`,
		"日本語 stays, as do é and emoji 🙂": "日本語 stays, as do é and emoji 🙂",
	} {
		if got := Inert(in); got != want {
			t.Errorf("Inert(%q) = %q, wanted %q", in, got, want)
		}
	}
}

func TestValue(t *testing.T) {
	rule := schema.SecurityRule{Direction: "ingress", Protocol: "tcp", Ports: "443", Action: "allow", Priority: 1,
		Peer: schema.Peer{CIDR: netip.MustParsePrefix("0.0.0.0/0")}}
	for _, c := range []struct {
		in   any
		want string
	}{
		{nil, "(none)"}, {"", "(none)"}, {"x\ny", `x\ny`}, {7, "7"}, {[]string(nil), "(none)"}, {[]string{"a", "b"}, "a, b"},
		{netip.MustParseAddr("10.0.0.1"), "10.0.0.1"}, {netip.Addr{}, "(none)"},
		{[]schema.SecurityRule{rule, rule}, "allow tcp 443 from 0.0.0.0/0, allow tcp 443 from 0.0.0.0/0"},
		{&schema.Binding{ENI: "e", PrivateIP: netip.MustParseAddr("10.0.0.1")}, "ENI/e 10.0.0.1"},
		{map[string]any{"b": 1, "a": nil}, `{"a":null,"b":1}`},
	} {
		if got := Value(c.in); got != c.want {
			t.Errorf("Value(%v) = %q, wanted %q", c.in, got, c.want)
		}
	}
}
