package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"enid/plan"
	"enid/plan/guest"
)

// Seen is what was read of a machine for the checks.
type Seen struct {
	World  *plan.World   // the machine as enid observes it
	Wanted *guest.Wanted // what is asked of it; nil: no Host was named
	// Files are those of the checks' patterns that are there, sorted.
	Files []File
	// Processes are those of the checks' names, in this network namespace as far as
	// can be told, by pid.
	Processes []Process
	// Sysctls are numbers by their path below /proc/sys/net.
	Sysctls map[string]int
	// NetAdmin and NetRaw say which capabilities this process has.
	NetAdmin, NetRaw bool
	// Denied are the files that enid would have to write and cannot, sorted.
	Denied []Denial
	// NoSys says that no sysfs shows this network namespace.
	NoSys bool
}

// File is a file of another program's.
type File struct {
	Path string
	Text string // empty: nothing in it, a link to /dev/null, or too large to read
}

// Process is a running program.
type Process struct {
	PID  int
	Name string // as the kernel keeps it
	Args []string
}

// Denial is a file that cannot be written.
type Denial struct{ Path, Reason string }

// String answers the process as evidence.
func (p Process) String() string {
	return fmt.Sprintf("process %s, pid %d", strings.Join(p.Args, " "), p.PID)
}

// matching answers the files of a pattern.
func (s *Seen) matching(pattern string) (out []File) {
	for _, f := range s.Files {
		if ok, _ := path.Match(pattern, f.Path); ok {
			out = append(out, f)
		}
	}
	return out
}

// layered answers the files that count where a program reads a folder of drop-ins
// below several roots: of one name only the file of the first root that has it; a
// link to /dev/null hides it. Sorted by name.
func (s *Seen) layered(folder string, roots ...string) (out []File) {
	names := map[string]bool{}
	for _, root := range roots {
		for _, f := range s.matching(root + folder) {
			if name := path.Base(f.Path); !names[name] {
				names[name] = true
				out = append(out, f)
			}
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(path.Base(a.Path), path.Base(b.Path)) })
	return slices.DeleteFunc(out, func(f File) bool { return f.Text == "" })
}

// systemdRoots and udevRoots are where drop-ins are, the first of which wins.
var (
	systemdRoots = []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"}
	udevRoots    = systemdRoots
)

// patterns answers the folder below each root.
func patterns(folder string, roots ...string) (out []string) {
	for _, r := range roots {
		out = append(out, r+folder)
	}
	return out
}

// process answers the first process of one of these names.
func (s *Seen) process(names ...string) (Process, bool) {
	for _, p := range s.Processes {
		if slices.Contains(names, p.Name) {
			return p, true
		}
	}
	return Process{}, false
}

// setting is a line KEY=VALUE of a file with sections.
type setting struct {
	section, key, value string
	at                  string // FILE:LINE: text
}

// settings answers the settings of a file; a line without = is a key.
func (f File) settings() (out []setting) {
	section := ""
	for n, line := range f.lines() {
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		out = append(out, setting{section, strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`), f.at(n, line)})
	}
	return out
}

// lines goes over the lines that are neither empty nor comments, trimmed, by their
// numbers.
func (f File) lines() func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.Lines(f.Text) {
			n++
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
			if !yield(n, line) {
				return
			}
		}
	}
}

// at answers a line of the file as evidence.
func (f File) at(n int, line string) string { return fmt.Sprintf("%s:%d: %s", f.Path, n, line) }

// no reports whether a value of systemd's or NetworkManager's means no.
func no(value string) bool {
	return slices.Contains([]string{"no", "false", "off", "0", "n", "f"}, strings.ToLower(value))
}
