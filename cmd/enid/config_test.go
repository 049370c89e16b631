package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A configuration is read as it is written, or refused: what somebody wrote down is
// never left out, and never becomes something else.
func TestConfigIsReadAsWritten(t *testing.T) {
	for text, want := range map[string]string{
		"tag: 1.10\n":                      "tag=1.10",
		"branch: on\n":                     "branch=on",
		"commit: 0123456789\n":             "commit=0123456789",
		"max-deletes: 010\n":               "max-deletes=010",
		"host-only: true\n":                "host-only=true",
		"interval: 5s\n---\n":              "more than one document",
		"---\n---\nverify-keys: /keys\n":   "more than one document",
		"verify-keys: /keys\n...\nx: 1\n":  "did not find",
		"verify-keys:\n":                   "config.yaml:1: verify-keys: give a text",
		"verify-keys: {a: b}\n":            "verify-keys: give a text",
		"host: &a x\nverify-keys: *a\n":    "config.yaml:2: verify-keys: give a text",
		"confirm-probe: [gateway, null]":   "without commas",
		"confirm-probe: ['a,b']":           "without commas",
		"interval: 5s\ninterval: 6s\n":     "config.yaml:2: interval stands there twice",
		"interval: 5s\nintervall: 6s\n":    `config.yaml:2: unknown key "intervall": did you mean "interval"?`,
		"Host_only: true\n":                `unknown key "Host_only": did you mean "host-only"?`,
		"interval: 5s\nxyzzy: 6s\n":        `config.yaml:2: unknown key "xyzzy" (the flags of`,
		"- verify-keys\n":                  "no mapping",
		"verify-keys: \"\x00\"\n":          "control characters",
		"# nothing but a comment\n":        "",
		"---\n# nor behind a line\n":       "",
		"confirm-probe: [gateway, source]": "confirm-probe=[gateway,source]",
	} {
		set := pflag.NewFlagSet("run", pflag.ContinueOnError)
		new(runFlags).add(set)
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := configure(set, file); err != nil {
			got = err.Error()
		}
		name, value, wanted := strings.Cut(want, "=")
		if f := set.Lookup(name); wanted && f != nil {
			got, want = got+f.Value.String(), value
		}
		if got != want && (wanted || want == "" || !strings.Contains(got, want)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A configuration that every user may write to is nobody's, and a protection that is
// given empty was meant to be there.
func TestConfigOfOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("interval: 5s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o646); err != nil {
		t.Fatal(err)
	}
	if code, out := enid(t, "run", "--config", file, "--once"); code != 1 || !strings.Contains(out, "chmod o-w "+file) {
		t.Errorf("exit %d, %s", code, out)
	}
	for _, name := range guarding {
		if code, out := enid(t, "run", "--once", "--"+name+"="); code != 1 || !strings.Contains(out, "--"+name+" is given, and empty") {
			t.Errorf("--%s=: exit %d, %s", name, code, out)
		}
	}
}

// What other users can read of secrets, and write of the state, is named.
func TestExposed(t *testing.T) {
	dir := t.TempDir()
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	new(runFlags).add(set)
	files := map[string]string{}
	for _, name := range secretFiles {
		files[name] = filepath.Join(dir, name)
		if err := os.WriteFile(files[name], nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := set.Set(name, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if all := exposed(set, dir); len(all) > 0 {
		t.Errorf("nothing is exposed, but %q", all)
	}
	for _, name := range append([]string{dir}, files["ssh-key"], files["tls-key"]) {
		if err := os.Chmod(name, 0o775); err != nil {
			t.Fatal(err)
		}
	}
	all := exposed(set, dir)
	if len(all) != 3 || !strings.Contains(all[0], "--ssh-key "+files["ssh-key"]) || !strings.Contains(all[1], "--tls-key") || !strings.Contains(all[2], "chmod 0700 "+dir) {
		t.Errorf("exposed: %q", all)
	}
}

// A setting of the environment that is none is named.
func TestStrays(t *testing.T) {
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	new(runFlags).add(set)
	got := strays(set, []string{"ENID_VERIFY_KEYS=/keys", "ENID_VERIFY_KEY=/keys", "ENID_REPOS=x", "ENIDX=1", "HOME=/", "ENID_SERVICE_HOST=10.0.0.1", "ENID_PORT_80_TCP=x", "ENID_PORT=tcp://x"})
	if want := "ENID_REPOS ENID_VERIFY_KEY"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// A folder is never followed in the place of a repository that somebody meant.
func TestLostRepo(t *testing.T) {
	for _, name := range []string{"branch", "tag", "commit", "ref", "ssh-key", "known-hosts", "token-file", "ca-file"} {
		f, set := new(runFlags), pflag.NewFlagSet("run", pflag.ContinueOnError)
		f.add(set)
		if err := set.Set(name, "x"); err != nil {
			t.Fatal(err)
		}
		if err := f.check(); err == nil || !strings.Contains(err.Error(), "--"+name+" is of --repo") {
			t.Errorf("%s: %v", name, err)
		}
		f.repo = "https://git.example.com/network.git"
		if err := f.check(); err != nil {
			t.Errorf("%s, with a repository: %v", name, err)
		}
	}
}
