package guest

import (
	"fmt"
	"strconv"
	"strings"
)

// Mask is a set of CPUs, 32 to a group, the lowest first.
type Mask []uint32

// ParseMask reads a mask as the kernel or a person writes it: hex digits, with or
// without commas between groups of eight.
func ParseMask(text string) (Mask, error) {
	digits := strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	if digits == "" {
		return nil, fmt.Errorf("%q is no CPU mask", text)
	}
	var m Mask
	for len(digits) > 0 {
		from := max(0, len(digits)-8)
		group, err := strconv.ParseUint(digits[from:], 16, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is no CPU mask", text)
		}
		m = append(m, uint32(group))
		digits = digits[:from]
	}
	return m, nil
}

// ParseCPUList reads a list of CPUs as /sys/devices/system/cpu has it: 0-3,8.
func ParseCPUList(text string) (Mask, error) {
	var m Mask
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if part == "" {
			continue
		}
		a, b, ranged := strings.Cut(part, "-")
		if !ranged {
			b = a
		}
		first, err1 := strconv.ParseUint(a, 10, 16)
		last, err2 := strconv.ParseUint(b, 10, 16)
		if err1 != nil || err2 != nil || last < first {
			return nil, fmt.Errorf("%q is no list of CPUs", text)
		}
		for c := first; c <= last; c++ {
			m = m.with(int(c))
		}
	}
	return m, nil
}

func (m Mask) with(cpu int) Mask {
	for len(m) <= cpu/32 {
		m = append(m, 0)
	}
	m[cpu/32] |= 1 << (cpu % 32)
	return m
}

func (m Mask) has(cpu int) bool { return cpu/32 < len(m) && m[cpu/32]&(1<<(cpu%32)) != 0 }

// Len answers one more than the highest CPU of the mask.
func (m Mask) Len() int {
	for cpu := 32*len(m) - 1; cpu >= 0; cpu-- {
		if m.has(cpu) {
			return cpu + 1
		}
	}
	return 0
}

// Count answers how many CPUs are in the mask.
func (m Mask) Count() (n int) {
	for cpu := range 32 * len(m) {
		if m.has(cpu) {
			n++
		}
	}
	return n
}

// FormatMask writes a mask as a kernel of that many CPUs does: groups of 32 with
// commas, exactly ceil(cpus/32) of them, the first as wide as its CPUs need. CPUs
// beyond are left out: more bits than CPUs is EOVERFLOW.
func FormatMask(m Mask, cpus int) string {
	cpus = max(cpus, 1)
	var b strings.Builder
	for g := (cpus - 1) / 32; g >= 0; g-- {
		bits := min(32, cpus-32*g)
		var word uint32
		if g < len(m) {
			word = m[g] & uint32(1<<bits-1)
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%0*x", (bits+3)/4, word)
	}
	return b.String()
}

// FormatList writes a mask as a list of CPUs, as the kernel does: 0-3,8. None is "".
func FormatList(m Mask) string {
	var parts []string
	for cpu := 0; cpu < 32*len(m); cpu++ {
		if !m.has(cpu) {
			continue
		}
		first := cpu
		for m.has(cpu + 1) {
			cpu++
		}
		part := strconv.Itoa(first)
		if cpu > first {
			part += "-" + strconv.Itoa(cpu)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// Documented answers the mask that the source computes (document A 5): q = CPUs /
// 8, at least 1 and at most 2; the digit f, q times.
func Documented(cpus int) Mask {
	if cpus/8 >= 2 {
		return Mask{0xff}
	}
	return Mask{0xf}
}

// Effective answers what the kernel keeps of a mask that is written to a queue of
// this machine: CPUs that are online, without those taken out of use. empty says
// that nothing of a mask that asked for something is left: EINVAL, or no mask at all.
func (h Machine) Effective(m Mask) (text string, empty bool) {
	online, _ := ParseMask(h.Online)
	isolated, _ := ParseMask(h.Isolated)
	var kept Mask
	for cpu := range 32 * len(m) {
		if m.has(cpu) && online.has(cpu) && !isolated.has(cpu) {
			kept = kept.with(cpu)
		}
	}
	return FormatMask(kept, h.CPUs), kept.Count() == 0 && m.Count() > 0
}
