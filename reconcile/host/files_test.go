//go:build linux

package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"enid/plan/guest"
)

// folder answers the names below a folder, and what is in the files.
func folder(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		out[strings.TrimPrefix(name, root)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func pathsOf(files map[string]string) (out []string) {
	for name := range files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// The agent keeps the files of the format that is asked for, and no others: what was
// changed is written again, what is not wanted any more goes, drop-in folders too.
func TestPersist_host_persist(t *testing.T) {
	example(t)
	root := t.TempDir()
	m, c := open(t, Options{Root: root}), exampleCloud()
	for _, f := range []struct {
		format string
		want   []string
	}{
		{"networkd", []string{"/etc/systemd/network/05-enid-eth1.network", "/etc/systemd/network/05-enid-eth2.network"}},
		{"netplan", []string{"/etc/netplan/90-enid-eth1.yaml", "/etc/netplan/90-enid-eth2.yaml",
			"/etc/systemd/network/10-netplan-enid-eth1.network.d/50-enid.conf", "/etc/systemd/network/10-netplan-enid-eth2.network.d/50-enid.conf"}},
		{"ifcfg", []string{"/etc/sysconfig/network-scripts/ifcfg-eth1", "/etc/sysconfig/network-scripts/ifcfg-eth2",
			"/etc/sysconfig/network-scripts/route-eth1", "/etc/sysconfig/network-scripts/route-eth2",
			"/etc/sysconfig/network-scripts/rule-eth1", "/etc/sysconfig/network-scripts/rule-eth2"}},
	} {
		c.host.Persist = f.format
		converge(t, m, c)
		files := folder(t, root)
		same(t, pathsOf(files), f.want...)
		again(t, m, c)
		if err := os.WriteFile(root+f.want[0], []byte(guest.Mark("web-1")+"\nbroken\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(root+f.want[1], 0o640); err != nil {
			t.Fatal(err)
		}
		if res := converge(t, m, c); len(res.Done) != 2 {
			t.Errorf("%s: did\n%s", f.format, stepTexts(res.Done))
		}
		for name, content := range folder(t, root) {
			if content != files[name] {
				t.Errorf("%s: %q", name, content)
			}
			if i, err := os.Stat(root + name); err != nil || i.Mode().Perm()&0o077 != 0 == strings.HasSuffix(name, ".yaml") {
				t.Errorf("%s: %v %v", name, i.Mode(), err)
			}
		}
		again(t, m, c)
	}
	delete(c.enis, "web-1-c")
	converge(t, m, c)
	if left := pathsOf(folder(t, root)); len(left) != 3 {
		t.Error(left)
	}
	c.host.Persist = "none"
	converge(t, m, c)
	same(t, pathsOf(folder(t, root)))
	if _, err := os.Stat(root + "/etc/systemd/network/10-netplan-enid-eth1.network.d"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the drop-in is left: %v", err)
	}
	again(t, m, c)
}

// What enid did not write is never overwritten or removed, and named: a person's
// file, a link, a folder, another Host's file. Everything else is done.
func TestPersistForeign_host_persist(t *testing.T) {
	const name = "/etc/systemd/network/05-enid-eth1.network"
	for what, make := range map[string]func(string) error{
		"enid did not write it":  func(f string) error { return os.WriteFile(f, []byte("[Match]\nName=eth1\n"), 0o644) },
		"for another Host":       func(f string) error { return os.WriteFile(f, []byte(guest.Mark("web-2")+"\n"), 0o644) },
		"and enid did not write": func(f string) error { return os.Symlink("/dev/null", f) },
		"is there, and enid":     func(f string) error { return os.Mkdir(f, 0o755) },
	} {
		example(t)
		root := t.TempDir()
		m, c := open(t, Options{Root: root}), exampleCloud()
		c.host.Persist = "networkd"
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := make(root + name); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(root + name)
		for range 2 {
			res := turn(t, m, c)
			same(t, blockedBy(res.Blocked), "host.persist")
			if text := stepTexts(res.Blocked); !strings.Contains(text, what) || !strings.Contains(text, name) {
				t.Error(text)
			}
		}
		c.host.Persist = "none"
		converge(t, m, c)
		if after, err := os.Lstat(root + name); err != nil || after.Mode() != before.Mode() || after.Size() != before.Size() {
			t.Errorf("%s: %v %v", what, after, err)
		}
		if len(rulesOf(t)) != 6 {
			t.Error(rulesOf(t))
		}
	}
}

// A file that was exported by hand is the operator's: without persist it is left, with
// persist it serves where it says what is wanted.
func TestPersistExported_host_persist(t *testing.T) {
	example(t)
	root := t.TempDir()
	m, c := open(t, Options{Root: root}), exampleCloud()
	converge(t, m, c)
	for name, content := range export(t, m, c, "networkd") {
		name = root + "/etc/systemd/network/" + name
		put(t, filepath.Dir(name), map[string]string{filepath.Base(name): content})
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := folder(t, root)
	for _, persist := range []string{"none", "networkd"} {
		c.host.Persist = persist
		again(t, m, c)
		if after := folder(t, root); len(after) != 2 || !slices.Equal(pathsOf(after), pathsOf(before)) {
			t.Error(pathsOf(after))
		}
	}
	c.host.Routing.Mode = "strict"
	converge(t, m, c)
	for name, content := range folder(t, root) {
		if !strings.HasPrefix(content, guest.Mark("web-1")) {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// A NIC that is away for a while keeps its files, so that it comes up after a boot; one
// whose ENI left the topology does not.
func TestPersistAway_host_persist(t *testing.T) {
	example(t)
	root := t.TempDir()
	m, c := open(t, Options{Root: root}), exampleCloud()
	c.host.Persist = "ifcfg"
	converge(t, m, c)
	before := folder(t, root)
	sh(t, "ip link delete eth2")
	turn(t, m, c)
	same(t, pathsOf(folder(t, root)), pathsOf(before)...)
	again(t, m, c)
	delete(c.enis, "web-1-c")
	converge(t, m, c)
	if left := pathsOf(folder(t, root)); len(left) != 3 {
		t.Error(left)
	}
}

// A turn that is cut short anywhere leaves whole files, and the next one completes it.
func TestPersistCrash_host_persist(t *testing.T) {
	example(t)
	root := t.TempDir()
	c := exampleCloud()
	c.host.Persist = "networkd"
	for range 40 {
		m := open(t, Options{Root: root, limit: 1})
		_, err := m.Turn(context.Background(), c.world(), "web-1")
		for name, content := range folder(t, root) {
			if !strings.HasPrefix(content, guest.Mark("web-1")+"\n") || !strings.Contains(content, "Priority=900") {
				t.Fatalf("%s: %q", name, content)
			}
		}
		if err == nil {
			break
		}
	}
	put(t, root+"/etc/systemd/network", map[string]string{".enid-05-enid-eth1.network": "half"}) // of a crash before the rename
	if err := os.Remove(root + "/etc/systemd/network/05-enid-eth1.network"); err != nil {
		t.Fatal(err)
	}
	m := open(t, Options{Root: root})
	converge(t, m, c)
	same(t, pathsOf(folder(t, root)), "/etc/systemd/network/05-enid-eth1.network", "/etc/systemd/network/05-enid-eth2.network")
	again(t, m, c)
}

// The kernel takes nearly any name for an interface; shells read these files.
func TestPersistHostileName_host_persist(t *testing.T) {
	for _, name := range []string{"a$(id)", "x;id", "e\"1", "-eth1", "a`b`"} {
		example(t)
		sh(t, "ip link set eth1 name "+name)
		root := t.TempDir()
		m, c := open(t, Options{Root: root}), exampleCloud()
		c.host.Persist = "ifcfg"
		res := turn(t, m, c)
		same(t, blockedBy(res.Blocked), "host.persist")
		if files := folder(t, root); len(files) != 3 {
			t.Errorf("%q: %v", name, pathsOf(files))
		}
		for _, format := range guest.Formats {
			files, _, err := m.Export(context.Background(), c.world(), "web-1", format)
			if err != nil || slices.ContainsFunc(files, func(f guest.File) bool { return strings.Contains(f.Path+f.Content, name) }) {
				t.Errorf("%s, %q: %v %v", format, name, err, files)
			}
		}
	}
}
