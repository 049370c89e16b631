//go:build linux

package host

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/doctor"
	"enid/plan/guest"
	"enid/schema"
)

// Doctor examines the machine: what is there that gets in enid's way. With a host
// it is judged as that Host of the cloud state; "" judges it as it stands. It
// changes nothing. The error says that the machine could not be read, or that there
// is no such Host.
func (m *Machine) Doctor(ctx context.Context, cloud *plan.World, host string) (*doctor.Report, error) {
	s := &sight{}
	if host == "" {
		world, err := m.Observe(ctx)
		if err != nil {
			return nil, err
		}
		s.world = world
	} else {
		h, err := guest.Declared(cloud, host)
		if err != nil {
			return nil, err
		}
		o, err := m.read(ctx, h.Reading())
		if err != nil {
			return nil, err
		}
		s.world = guest.World(o)
		s.wanted = h.Want(s.world)
	}
	return &doctor.Report{Format: doctor.Format, Host: host, Findings: doctor.Examine(m.gather(s))}, nil
}

// gather reads what the doctor's checks ask for.
func (m *Machine) gather(s *sight) *doctor.Seen {
	seen := &doctor.Seen{World: s.world, Wanted: s.wanted, Sysctls: map[string]int{}, NetAdmin: m.permitted(), NetRaw: hasNetRaw()}
	files, names := map[string]bool{}, map[string]bool{}
	nics := seen.NICs()
	for _, c := range doctor.Checks() {
		for _, pattern := range c.Files {
			files[pattern] = true
		}
		for _, name := range c.Processes {
			names[name] = true
		}
		for _, pattern := range c.Sysctls {
			m.numbers(pattern, nics, seen.Sysctls)
		}
	}
	seen.Files = m.files(slices.Sorted(maps.Keys(files)))
	seen.Processes = m.processes(names)
	seen.Denied = m.denied(s.wanted)
	for _, name := range nics {
		l, _ := s.world.Get(guest.LinkRef(name)).(guest.Link)
		seen.NoSys = seen.NoSys || !m.sysfsShows(l)
	}
	return seen
}

// numbers reads the switches of a pattern; those that are not there are left out.
func (m *Machine) numbers(pattern string, nics []string, out map[string]int) {
	for _, link := range append([]string{"all", "default"}, nics...) {
		path := strings.Replace(pattern, "*", link, 1)
		if n, err := m.number(path); err == nil {
			out[path] = n
		}
	}
}

// Bounds of what is read of other programs' files.
const (
	maxFileSize = 64 << 10
	maxFiles    = 500 // of one pattern
)

// files reads the files of these patterns, sorted by path. What cannot be read, or
// is too large, is there without a text; a folder is no file.
func (m *Machine) files(patterns []string) (out []doctor.File) {
	for _, pattern := range patterns {
		root, under := m.opts.Root, pattern
		if rest, ok := strings.CutPrefix(pattern, "/run/"); ok {
			root, under = m.opts.Run, rest
		}
		found, _ := filepath.Glob(filepath.Join(root, under)) // the patterns are well formed
		for _, name := range found[:min(len(found), maxFiles)] {
			rel, err := filepath.Rel(root, name)
			if err != nil {
				continue
			}
			if root == m.opts.Run {
				rel = "run/" + rel
			}
			if text, ok := readFile(name); ok {
				out = append(out, doctor.File{Path: "/" + rel, Text: text})
			}
		}
	}
	slices.SortFunc(out, func(a, b doctor.File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(out, func(a, b doctor.File) bool { return a.Path == b.Path })
}

// readFile reads a regular file. It never waits: a pipe of another program's is
// opened by nobody.
func readFile(name string) (text string, ok bool) {
	at, err := os.Stat(name)
	if err != nil || at.IsDir() {
		return "", false
	}
	if !at.Mode().IsRegular() || at.Size() > maxFileSize {
		return "", true
	}
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", true
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileSize))
	if err != nil {
		return "", true
	}
	return string(b), true
}

// processes answers the processes of these names in this network namespace, by
// pid. One whose namespace may not be looked at is taken to be in it.
func (m *Machine) processes(names map[string]bool) (out []doctor.Process) {
	dirs, err := os.ReadDir(m.opts.Proc)
	if err != nil {
		return nil
	}
	here, _ := os.Readlink(m.opts.Proc + "/self/ns/net")
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		at := m.opts.Proc + "/" + d.Name()
		comm, err := os.ReadFile(at + "/comm")
		name := strings.TrimSpace(string(comm))
		if err != nil || !names[name] {
			continue
		}
		if ns, err := os.Readlink(at + "/ns/net"); err == nil && here != "" && ns != here {
			continue
		}
		line, err := os.ReadFile(at + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		args := strings.FieldsFunc(string(line), func(r rune) bool { return r == 0 })
		if len(args) == 0 {
			args = []string{name}
		}
		out = append(out, doctor.Process{PID: pid, Name: name, Args: args})
	}
	slices.SortFunc(out, func(a, b doctor.Process) int { return a.PID - b.PID })
	return out
}

// denied answers files that would have to be written for what is wanted, and cannot
// be: of each kind one, for the others are like it.
func (m *Machine) denied(w *guest.Wanted) (out []doctor.Denial) {
	if w == nil {
		return nil
	}
	told := map[schema.Kind]bool{}
	for _, ref := range w.World.Refs() {
		file := ""
		if told[ref.Kind] {
			continue
		}
		switch o := w.World.Get(ref).(type) {
		case guest.Steering:
			file = m.steeringFile(o)
		case guest.SocketFlows:
			file = m.opts.Proc + "/sys/net/" + guest.SocketFlowsKey
		case guest.Sysctl:
			file = m.opts.Proc + "/sys/" + o.Path()
		default:
			continue
		}
		if err := unix.Faccessat(unix.AT_FDCWD, file, unix.W_OK, unix.AT_EACCESS); err != nil && err != unix.ENOENT {
			told[ref.Kind] = true
			out = append(out, doctor.Denial{Path: file, Reason: err.Error()})
		}
	}
	return out
}

// networkd reports whether systemd-networkd runs and is free to remove other
// programs' routes or rules.
func (m *Machine) networkd() bool {
	if _, err := os.Stat(m.opts.Run + "/systemd/netif/state"); err != nil {
		return false
	}
	routes, rules, _ := doctor.NetworkdRemoves(&doctor.Seen{Files: m.files(doctor.NetworkdFiles)})
	return routes || rules
}
