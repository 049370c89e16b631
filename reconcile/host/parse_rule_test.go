//go:build linux

package host

import (
	"slices"
	"strings"
	"testing"

	"enid/plan/guest"
)

// What others' rules select by is said in ip's words; a protocol stays a number.
func TestRuleWords_host_foreign_rule(t *testing.T) {
	example(t)
	m := open(t, Options{})
	for _, selector := range []string{"fwmark 0x7", "fwmark 0x7/0xff", "fwmark 0/0xffffffff", "fwmark 0/0xf0", "fwmark 0x80000000", "iif eth1", "oif eth1",
		"realms 9", "realms 3/7", "suppress_ifgroup 5", "uidrange 0-4294967294", "uidrange 7-7", "ipproto 6", "sport 1024-2048", "dport 53", "tun_id 7"} {
		rule := "rule add " + selector + " lookup 77 priority 6000 protocol 200"
		batch(t, rule)
		said := strings.NewReplacer("\t", " ", "ipproto-", "", "fwmark 0 ", "fwmark 0x0 ", "fwmark 0/", "fwmark 0x0/", " proto 200", "").
			Replace(sh(t, "ip -N -4 rule show priority 6000"))
		w, err := m.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, ref := range w.Refs() {
			if r, ok := w.Get(ref).(guest.Rule); ok && r.Priority == 6000 {
				got = r.Numbered()
			}
		}
		// Some selectors stand behind the table there.
		if !slices.Equal(slices.Sorted(strings.FieldsSeq(got)), slices.Sorted(strings.FieldsSeq(said))) {
			t.Errorf("%q, and ip says %q", got, said)
		}
		batch(t, strings.Replace(rule, "add", "delete", 1))
	}
}
