package guest

import (
	"testing"

	"enid/schema"
)

// enid's own numbers are none of those that others have taken.
func TestNumbersAreFree_host_table(t *testing.T) {
	free := func(what string, taken []Range, from, to int) {
		for n := from; n <= to; n++ {
			for _, r := range taken {
				if r.Has(n) {
					t.Errorf("%s %d is taken", what, n)
				}
			}
		}
	}
	free("protocol", Taken.Protocols, Protocol, Protocol)
	free("table", Taken.Tables, DefaultTableBase, DefaultTableBase+Band-1)
	free("priority", Taken.Priorities, DefaultPriorityBase, DefaultPriorityBase+3*Band-1)
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.Text == "" || r.Source == "" || r.Cloud == "" || r.Class != schema.ClassHost && r.Class != schema.ClassAdvice {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
	for _, op := range Domain().Operations {
		for _, req := range op.Requires {
			if !seen[req.Rule] && req.Rule != "plan.depends-on-blocked" && req.Rule != RuleGrowGuest { // whose row is with volumes
				t.Errorf("%s requires %s, which is no rule here", op.ID, req.Rule)
			}
		}
	}
}

// Masks read as the kernel writes them, whatever the number of CPUs.
func TestMask_mq_rps(t *testing.T) {
	for _, c := range []struct {
		mask Mask
		cpus int
		want string
	}{
		{Mask{0xf}, 2, "3"}, {nil, 2, "0"}, {Mask{0xff}, 16, "00ff"}, {Mask{0xf}, 33, "0,0000000f"},
		{Mask{0, 1}, 33, "1,00000000"}, {Mask{0xf}, 64, "00000000,0000000f"}, {Mask{1, 2, 4}, 40, "02,00000001"},
	} {
		if got := FormatMask(c.mask, c.cpus); got != c.want {
			t.Errorf("%v of %d CPUs: %s, want %s", c.mask, c.cpus, got, c.want)
		}
		m, err := ParseMask(c.want)
		if err != nil || FormatMask(m, c.cpus) != c.want {
			t.Errorf("%s: %v, %v", c.want, m, err)
		}
	}
	for cpus, want := range map[int]string{1: "1", 2: "3", 4: "f", 8: "0f", 16: "00ff", 24: "0000ff", 64: "00000000,000000ff"} {
		all, _ := ParseCPUList("0-" + itoa(cpus-1))
		h := Machine{CPUs: cpus, Online: FormatMask(all, cpus), Isolated: "0"}
		if got, _ := h.Effective(Documented(cpus)); got != want {
			t.Errorf("documented for %d CPUs: %s, want %s", cpus, got, want)
		}
	}
	h := Machine{CPUs: 8, Online: "ff", Isolated: "0c"}
	if got, empty := h.Effective(Mask{0xf}); got != "03" || empty {
		t.Errorf("isolated CPUs are left out: %s", got)
	}
	if _, empty := h.Effective(Mask{0xc}); !empty {
		t.Error("isolated CPUs alone leave nothing")
	}
	for _, bad := range []string{"", "x", "1,,g", "-1"} {
		if m, err := ParseMask(bad); err == nil {
			t.Errorf("%q: %v", bad, m)
		}
	}
	if m, err := ParseCPUList("0-3,8\n"); err != nil || m.Count() != 5 || m.Len() != 9 {
		t.Errorf("%v %v", m, err)
	}
}
