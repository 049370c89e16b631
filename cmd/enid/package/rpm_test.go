//go:build linux

package packaging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rpmInstalls installs, upgrades and removes the .rpm below a folder, on which no
// systemd runs. Its scripts run there too.
func rpmInstalls(t *testing.T, older, newer string) {
	root := bareDebian(t)
	rpm := func(args ...string) string {
		t.Helper()
		return run(t, ".", append([]string{"rpm", "--root", root, "--dbpath", "/var/lib/rpm"}, args...)...)
	}
	rpm("--initdb")
	rpm("--install", "--test", "--nodeps", older)
	if _, err := os.Stat(filepath.Join(root, "usr/bin/enid")); err == nil {
		t.Fatal("--test has installed it")
	}
	rpm("--install", "--nodeps", older)
	rpm("--verify", "--nodeps", "enid")
	if got := run(t, ".", "chroot", root, "enid", "version"); !strings.HasPrefix(got, "enid v1.0.0 (commit ") {
		t.Errorf("enid version: %s", got)
	}
	run(t, ".", "chroot", root, "systemctl", "enable", "enid")
	state, config := filepath.Join(root, "var/lib/enid/kept"), filepath.Join(root, "etc/enid/config.yaml")
	put(t, state, "state")
	edit(t, config, "of the administrator\n")

	rpm("--upgrade", "--nodeps", newer)
	if got := run(t, ".", "chroot", root, "enid", "version"); !strings.Contains(got, "v1.1.0+dirty (commit ") || !strings.Contains(got, " with changes, go1.") {
		t.Errorf("enid version: %s", got)
	}
	kept(t, state, "state")
	kept(t, config, "# of the administrator")
	kept(t, config+".rpmnew", "# the-next-version")
	if got := run(t, ".", "chroot", root, "systemctl", "is-enabled", "enid"); got != "enabled\n" {
		t.Errorf("after the upgrade the unit is %s", got)
	}

	rpm("--erase", "enid")
	kept(t, state, "state")
	kept(t, config+".rpmsave", "# of the administrator")
	for _, gone := range []string{"usr/bin/enid", "usr/lib/systemd/system/enid.service", "etc/systemd/system/multi-user.target.wants/enid.service"} {
		if _, err := os.Lstat(filepath.Join(root, gone)); err == nil {
			t.Errorf("%s is left", gone)
		}
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// kept checks that a file is there and has a text in it.
func kept(t *testing.T, file, want string) {
	t.Helper()
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%v: %s does not hold %q", err, file, want)
	}
}
