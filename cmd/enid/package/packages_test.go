//go:build linux

package packaging

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The story of the packages, in order: each part needs what the one before has made.
func TestPackages(t *testing.T) {
	dir := t.TempDir()
	here := checkout(t, filepath.Join(dir, "here"))
	run(t, here, "make", "package")
	dist := filepath.Join(here, "dist")
	t.Run("Reproducible", func(t *testing.T) { reproducible(t, dist, filepath.Join(dir, "another folder", "there")) })
	t.Run("Deb", func(t *testing.T) { debHolds(t, dist) })
	t.Run("Rpm", func(t *testing.T) { rpmHolds(t, dist) })
	t.Run("SBOM", func(t *testing.T) { sbomIsTrue(t, dist) })
	t.Run("Image", func(t *testing.T) {
		deb, _ := native()
		imageHolds(t, here, filepath.Join(dist, "enid_1.0.0_linux_"+deb))
	})
	t.Run("Scripts", scriptsAreSound)
	t.Run("Installed", func(t *testing.T) { debReads(t, dist) })

	edit(t, filepath.Join(here, "cmd/enid/package/config.yaml"), "the-next-version: # says this\n")
	commit(t, here, "v1.1.0")
	edit(t, filepath.Join(here, "README.md"), "dirty\n")
	deb, rpm := native()
	next := filepath.Join(dir, "next")
	key := newKey(t)
	run(t, here, "env", "SIGN_KEY="+key.file, "SIGN_PASSPHRASE="+key.passphrase, "cmd/enid/package/build.sh", next, deb)
	t.Run("Signed", func(t *testing.T) {
		key.signed(t, next, "enid_1.1.0+dirty_"+deb+".deb", "enid-1.1.0+dirty-1."+rpm+".rpm")
	})
	t.Run("RpmInstalls", func(t *testing.T) {
		rpmInstalls(t, filepath.Join(dist, "enid-1.0.0-1."+rpm+".rpm"), filepath.Join(next, "enid-1.1.0+dirty-1."+rpm+".rpm"))
	})
	t.Run("DebInstalls", func(t *testing.T) {
		debInstalls(t, filepath.Join(dist, "enid_1.0.0_"+deb+".deb"), filepath.Join(next, "enid_1.1.0+dirty_"+deb+".deb"))
	})
}

// edit appends a comment to a file.
func edit(t *testing.T, file, line string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(text, "# "+line...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// reproducible makes the packages of the same commit again: elsewhere, with another
// umask, time zone and compiler flags in the environment.
func reproducible(t *testing.T, dist, there string) {
	checkout(t, there)
	run(t, there, "sh", "-c", "umask 077; TZ=Asia/Tokyo GOFLAGS=-tags=else ENID_STATE=/else make package")
	ours, theirs := run(t, dist, "ls"), run(t, filepath.Join(there, "dist"), "ls")
	if ours != theirs {
		t.Fatalf("one time\n%sthe other\n%s", ours, theirs)
	}
	for _, name := range strings.Fields(ours) {
		a, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(there, "dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a, b) {
			t.Errorf("%s is not the same bytes", name)
		}
	}
	run(t, dist, "sha256sum", "--check", "--strict", "SHA256SUMS")
	if n := strings.Count(ours, "\n"); n != 9 {
		t.Errorf("%d files, not 2 .deb, 2 .rpm, 2 programs, 2 SBOMs and their sums:\n%s", n, ours)
	}
}

// installed are files that both packages have, with their modes.
var installed = map[string]string{
	"/usr/bin/enid":                                  "-rwxr-xr-x",
	"/usr/lib/systemd/system/enid.service":           "-rw-r--r--",
	"/etc/enid":                                      "drwxr-xr-x",
	"/etc/enid/config.yaml":                          "-rw-r--r--",
	"/usr/share/man/man1/enid.1.gz":                  "-rw-r--r--",
	"/usr/share/man/man1/enid-run.1.gz":              "-rw-r--r--",
	"/usr/share/bash-completion/completions/enid":    "-rw-r--r--",
	"/usr/share/fish/vendor_completions.d/enid.fish": "-rw-r--r--",
	"/usr/share/doc/enid/README.md.gz":               "-rw-r--r--",
	"/usr/share/doc/enid/enid-volumes.conf":          "-rw-r--r--",
}

// holds compares a listing with what has to be in it: mode, owner and path by line.
func holds(t *testing.T, listing string, more ...string) {
	t.Helper()
	modes := map[string]string{}
	for line := range strings.Lines(listing) {
		f := strings.Fields(line)
		name := f[len(f)-1]
		modes["/"+strings.Trim(strings.TrimPrefix(name, "."), "/")] = f[0]
		if owners := strings.ReplaceAll(line, "/", " "); !strings.Contains(strings.Join(strings.Fields(owners), " "), " root root ") {
			t.Errorf("not root's: %s", line)
		}
		if !strings.HasPrefix(f[0], "d") && !strings.HasPrefix(f[0], "-") {
			t.Errorf("neither file nor folder: %s", line)
		}
		if strings.Contains(name, "/var/lib") {
			t.Errorf("the state would go with the package: %s", line)
		}
	}
	for name, mode := range installed {
		if modes[name] != mode {
			t.Errorf("%s has mode %q, not %s", name, modes[name], mode)
		}
	}
	for _, name := range more {
		if modes[name] != "-rw-r--r--" {
			t.Errorf("%s has mode %q", name, modes[name])
		}
	}
}

func debHolds(t *testing.T, dist string) {
	for _, arch := range []string{"amd64", "arm64"} {
		file := filepath.Join(dist, "enid_1.0.0_"+arch+".deb")
		holds(t, run(t, dist, "dpkg-deb", "--contents", file), "/usr/share/zsh/vendor-completions/_enid", "/usr/share/doc/enid/copyright", "/usr/share/doc/enid/README.Debian")
		if got := run(t, dist, "dpkg-deb", "--field", file, "Package", "Version", "Architecture", "Depends"); got != "Package: enid\nVersion: 1.0.0\nArchitecture: "+arch+"\n" {
			t.Errorf("%s: it is static, and depends on nothing:\n%s", file, got)
		}
		if got := run(t, dist, "dpkg-deb", "--info", file, "conffiles"); got != "/etc/enid/config.yaml\n" {
			t.Errorf("conffiles: %s", got)
		}
	}
}

func rpmHolds(t *testing.T, dist string) {
	for _, arch := range []string{"x86_64", "aarch64"} {
		file := filepath.Join(dist, "enid-1.0.0-1."+arch+".rpm")
		run(t, dist, "rpm", "--checksig", "--nosignature", file)
		holds(t, run(t, dist, "rpm", "-qlvp", file), "/usr/share/zsh/site-functions/_enid", "/usr/share/licenses/enid/LICENSE")
		if got := run(t, dist, "rpm", "-qp", "--configfiles", file); got != "/etc/enid/config.yaml\n" {
			t.Errorf("configuration: %s", got)
		}
		if got := run(t, dist, "rpm", "-qp", "--queryformat", "%{NEVRA} %{LICENSE} %{BUILDTIME}", file); got != "enid-1.0.0-1."+arch+" Apache-2.0 1767323045" {
			t.Errorf("it is %s", got)
		}
	}
}

// sbomIsTrue compares each SBOM with what Go has noted in the program itself.
func sbomIsTrue(t *testing.T, dist string) {
	for _, arch := range []string{"amd64", "arm64"} {
		program := filepath.Join(dist, "enid_1.0.0_linux_"+arch)
		want := run(t, dist, "sh", "-c", `go version -m "$0" | awk '$1 == "dep" {print $2 "@" $3}' | sort`, program)
		got := run(t, dist, "sh", "-c", `jq -er '.components[] | select(.name != "std") | .name + "@" + .version' "$0" | sort`, program+".cdx.json")
		if got != want || strings.Count(want, "\n") < 20 {
			t.Errorf("%s: the SBOM has\n%sthe program\n%s", arch, got, want)
		}
		run(t, dist, "jq", "-e", `.metadata.component.version == "v1.0.0" and ([.components[] | select(.name == "std")] | length) == 1
			and ([.components[] | select(.name != "std" and (.licenses | length) == 0)] | length) == 0`, program+".cdx.json")
	}
}

// debReads holds what a person meets of an installed package to the programs that
// show it: manual pages, completion, and what Debian itself finds wrong.
func debReads(t *testing.T, dist string) {
	deb, _ := native()
	file, root := filepath.Join(dist, "enid_1.0.0_"+deb+".deb"), t.TempDir()
	if got := run(t, dist, "lintian", "--allow-root", "--fail-on=error,warning", "--suppress-tags=bogus-mail-host,bogus-mail-host-in-debian-changelog", file); got != "" { // the test's own address
		t.Errorf("lintian: %s", got)
	}
	run(t, root, "dpkg-deb", "--extract", file, root)
	if got := run(t, root, "sh", "-ec", `for f in usr/share/man/man1/*.gz; do man --warnings --local-file --troff-device=utf8 --ditroff "$f" 2>&1 >/dev/null; done`); got != "" {
		t.Errorf("man: %s", got)
	}
	for shell, script := range map[string]string{
		"bash": `. usr/share/bash-completion/completions/enid; complete -p enid; enid __complete hist`,
		"zsh":  `autoload -U compinit && compinit -D -u && . usr/share/zsh/vendor-completions/_enid && echo "$_comps[enid] history"`,
		"fish": `source usr/share/fish/vendor_completions.d/enid.fish; complete --do-complete 'enid hist'`,
	} {
		if got := run(t, root, "env", "HOME="+root, "PATH="+root+"/usr/bin:"+os.Getenv("PATH"), shell, "-c", script); !strings.Contains(got, "history") || shell == "zsh" && !strings.HasPrefix(got, "_enid") {
			t.Errorf("%s completes enid hist as %q", shell, got)
		}
	}
}

// scriptsAreSound holds the scripts to shellcheck.
func scriptsAreSound(t *testing.T) {
	run(t, ".", "sh", "-c", "shellcheck build.sh deb/* rpm/*")
}
