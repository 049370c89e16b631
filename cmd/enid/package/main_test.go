//go:build linux

package packaging

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// cacheVariable names the folder that keeps the bare Debian from run to run. Without
// it nothing is fetched, made or tested.
const cacheVariable = "ENID_PACKAGE"

// tools are the programs that the test needs, each with its Debian package.
var tools = [][2]string{
	{"git", "git"}, {"make", "make"}, {"man", "man-db"}, {"shellcheck", "shellcheck"}, {"dpkg-deb", "dpkg"}, {"rpm", "rpm"}, {"jq", "jq"}, {"buildah", "buildah"},
	{"gpg", "gnupg"}, {"lintian", "lintian"}, {"bash", "bash"}, {"zsh", "zsh"}, {"fish", "fish"}, {"ar", "binutils"},
	{"debootstrap", "debootstrap"}, {"systemd-nspawn", "systemd-container"}, {"nsenter", "util-linux"}, {"mount", "mount"}, {"sha256sum", "coreutils"},
}

func TestMain(m *testing.M) {
	if os.Getenv(cacheVariable) == "" {
		fmt.Println("the packages' test makes and installs packages; make test-package runs it")
		return
	}
	if err := able(); err != nil {
		fmt.Fprintln(os.Stderr, "packages' test:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// able answers what this machine lacks for the test, and how to get it.
func able() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("it installs packages and boots a container: run it as root")
	}
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin"); err != nil {
		return err
	}
	var missing []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool[0]); err != nil {
			missing = append(missing, tool[1])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("programs are missing: apt-get install -y --no-install-recommends %s", strings.Join(missing, " "))
	}
	return nil
}

// run runs a program in a folder and answers what it printed; it has to succeed.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@localhost", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@localhost",
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.String()
}

// checkout makes a repository of its own of this working tree, whatever is committed
// of it, with one commit that has the tag v1.0.0.
func checkout(t *testing.T, at string) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, root, "bash", "-c", `set -o pipefail; git ls-files -z --cached --others --exclude-standard |
		while IFS= read -rd '' f; do [ ! -e "$f" ] || printf '%s\0' "$f"; done | tar c --null -T - | tar x -C "$0"`, at)
	run(t, at, "git", "init", "--quiet", "--initial-branch=main")
	commit(t, at, "v1.0.0")
	return at
}

func commit(t *testing.T, at, tag string) {
	t.Helper()
	run(t, at, "git", "add", "--all")
	run(t, at, "git", "commit", "--quiet", "--message", tag)
	run(t, at, "git", "tag", tag)
}

// native is this machine's architecture as Debian and as rpm name it.
func native() (deb, rpm string) {
	if runtime.GOARCH == "arm64" {
		return "arm64", "aarch64"
	}
	return "amd64", "x86_64"
}
