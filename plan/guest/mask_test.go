package guest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// kernelMask writes a mask digit by digit, as the kernel's "%*pb" does.
func kernelMask(cpus map[int]bool, nr int) string {
	var b strings.Builder
	for digit := (nr+3)/4 - 1; digit >= 0; digit-- {
		v := 0
		for bit := range 4 {
			if cpu := 4*digit + bit; cpus[cpu] && cpu < nr {
				v |= 1 << bit
			}
		}
		fmt.Fprintf(&b, "%x", v)
		if digit > 0 && digit%8 == 0 {
			b.WriteByte(',')
		}
	}
	return b.String()
}

// Masks of many CPUs with holes, against the dumb writer: groups, widths, lists.
func TestManyCPUs_mq_rps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nr := rapid.SampledFrom([]int{1, 2, 31, 32, 33, 40, 63, 64, 65, 96, 128, 300}).Draw(t, "CPUs")
		draw := func(name string) (Mask, map[int]bool) {
			var m Mask
			set := map[int]bool{}
			for _, cpu := range rapid.SliceOfDistinct(rapid.IntRange(0, nr-1), rapid.ID[int]).Draw(t, name) {
				m, set[cpu] = m.with(cpu), true
			}
			return m, set
		}
		m, set := draw("mask")
		if got, want := FormatMask(m, nr), kernelMask(set, nr); got != want {
			t.Fatalf("%v of %d CPUs: %s, want %s", m, nr, got, want)
		}
		if back, err := ParseMask(FormatMask(m, nr)); err != nil || back.Count() != len(set) || FormatMask(back, nr) != FormatMask(m, nr) {
			t.Fatalf("%v read again: %v, %v", m, back, err)
		}
		if back, err := ParseCPUList(FormatList(m)); err != nil || FormatMask(back, nr) != FormatMask(m, nr) {
			t.Fatalf("%v as the list %s: %v, %v", m, FormatList(m), back, err)
		}
		isolated, out := draw("isolated")
		online, in := draw("online")
		kept := map[int]bool{}
		for cpu := range set {
			kept[cpu] = in[cpu] && !out[cpu]
		}
		h := Machine{CPUs: nr, Online: FormatMask(online, nr), Isolated: FormatMask(isolated, nr)}
		if got, _ := h.Effective(m); got != kernelMask(kept, nr) {
			t.Fatalf("effective: %s, want %s", got, kernelMask(kept, nr))
		}
	})
}

func TestMoreBitsThanCPUs_mq_rps(t *testing.T) {
	all, _ := ParseCPUList("0-299")
	for nr, want := range map[int]string{
		33: "1,ffffffff", 64: "ffffffff,ffffffff", 96: "ffffffff,ffffffff,ffffffff",
		300: "fff" + strings.Repeat(",ffffffff", 9),
	} {
		online, _ := ParseCPUList(fmt.Sprintf("0-%d", nr-1))
		h := Machine{CPUs: nr, Online: FormatMask(online, nr), Isolated: FormatMask(nil, nr)}
		if got, empty := h.Effective(all); got != want || empty {
			t.Errorf("%d CPUs: %s, want %s", nr, got, want)
		}
	}
}

func TestFormatList(t *testing.T) {
	for text, want := range map[string]string{"0": "", "1": "0", "f": "0-3", "10f": "0-3,8", "1,80000001": "0,31-32", "3,00000000": "32-33"} {
		if m, err := ParseMask(text); err != nil || FormatList(m) != want {
			t.Errorf("%s: %q, want %q", text, FormatList(m), want)
		}
	}
}

// Each CPU sends through one queue, and neighbours share one where there are fewer.
func TestSpread_mq_xps(t *testing.T) {
	for _, c := range []struct {
		cpus   string
		queues int
		want   []string
	}{
		{"0-3", 4, []string{"0", "1", "2", "3"}},
		{"0-7", 4, []string{"0-1", "2-3", "4-5", "6-7"}},
		{"0-4", 2, []string{"0-2", "3-4"}},
		{"0-1", 4, []string{"0", "1", "", ""}},
		{"0,2,4,33", 2, []string{"0,2", "4,33"}},
		{"0-63", 1, []string{"0-63"}},
		{"0-3", 0, nil},
	} {
		cpus, err := ParseCPUList(c.cpus)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range Spread(cpus, c.queues) {
			got = append(got, FormatList(m))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s over %d queues: %s", c.cpus, c.queues, diff)
		}
	}
}

// However many CPUs and queues: every CPU has one queue, loads differ by one at most.
func TestSpreadIsEven_mq_xps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cpus Mask
		for _, cpu := range rapid.SliceOfNDistinct(rapid.IntRange(0, 299), 1, 120, rapid.ID[int]).Draw(t, "CPUs") {
			cpus = cpus.with(cpu)
		}
		n := rapid.IntRange(1, 64).Draw(t, "queues")
		var all Mask
		least, most, sum := 1<<30, 0, 0
		for _, m := range Spread(cpus, n) {
			for cpu := range 32 * len(m) {
				if m.has(cpu) {
					all = all.with(cpu)
				}
			}
			least, most, sum = min(least, m.Count()), max(most, m.Count()), sum+m.Count()
		}
		if FormatMask(all, 300) != FormatMask(cpus, 300) || sum != cpus.Count() || most-least > 1 {
			t.Fatalf("%s over %d queues: %d of %d, %d to %d", FormatList(cpus), n, sum, cpus.Count(), least, most)
		}
	})
}
