//go:build linux

package host

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// mount is one line of /proc/self/mountinfo.
type mount struct {
	number   string // of the block device, MAJOR:MINOR
	root     string // the directory of the file system that is mounted; / is all of it
	point    string
	kind     string // ext4, xfs ...
	source   string // /dev/nvme1n1p1
	readOnly bool   // here, or everywhere
}

// mounts answers what is mounted in enid's own mount namespace, in the kernel's order.
func (m *Machine) mounts() (out []mount) {
	b, err := os.ReadFile(m.opts.Proc + "/self/mountinfo")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		end := slices.Index(f, "-") // optional fields stand before it
		if end < 6 || len(f) < end+4 {
			continue
		}
		ro := func(options string) bool { return slices.Contains(strings.Split(options, ","), "ro") }
		out = append(out, mount{number: f[2], root: unescape(f[3]), point: unescape(f[4]),
			kind: f[end+1], source: unescape(f[end+2]), readOnly: ro(f[5]) || ro(f[end+3])})
	}
	return out
}

// unescape answers a name of the kernel's list of mounts, in which white space and
// backslashes are three octal digits behind a backslash.
func unescape(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n, err := strconv.ParseUint(after[:min(3, len(after))], 8, 8)
		if err != nil || len(after) < 3 {
			b.WriteString(`\`)
			s = after
			continue
		}
		b.WriteByte(byte(n))
		s = after[3:]
	}
}
