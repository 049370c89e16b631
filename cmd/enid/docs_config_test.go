package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

const configHead = `# The configuration of the daemon, "enid run"; enid-run(1) says more of each key.
# A flag of the same name goes before it, and so does the environment (ENID_REPO).
# Without # in front, a key holds; most show the default.
#
# Give repo, or path alone for a folder on this machine, and host for a machine that
# is to be converged; then: systemctl enable --now enid
`

// configWidth is how long the lines of the configuration file get, in bytes.
const configWidth = 88

// configFile is the configuration file that the packages install: every flag of run,
// none of them set.
func configFile() []byte {
	var b bytes.Buffer
	b.WriteString(configHead)
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	new(runFlags).add(set)
	set.SortFlags = false // as run has them: what belongs together stands together
	set.VisitAll(func(f *pflag.Flag) {
		if f.Name == "config" || f.Hidden {
			return
		}
		value := f.DefValue
		if f.Value.Type() == "string" && value == "" {
			value = `""`
		}
		b.WriteString("\n" + wrapped("# ", f.Usage) + "#" + strings.TrimSpace(f.Name+": "+value) + "\n")
	})
	return b.Bytes()
}

// wrapped breaks text into lines that begin with a prefix.
func wrapped(prefix, text string) string {
	var b strings.Builder
	line := prefix
	for _, word := range strings.Fields(text) {
		if len(line)+len(word) >= configWidth && line != prefix {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += word + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}

// The configuration file that the packages install changes nothing, neither as it is
// nor with the # taken from every key.
func TestConfigFile(t *testing.T) {
	all := regexp.MustCompile(`(?m)^#(\S+:)`).ReplaceAll(configFile(), []byte("$1"))
	if n := bytes.Count(all, []byte("\nrepo: \"\"\n")); n != 1 {
		t.Fatalf("repo stands there %d times:\n%s", n, all)
	}
	for name, text := range map[string][]byte{"as installed": configFile(), "all keys": all} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		var want, got runFlags
		set := pflag.NewFlagSet("run", pflag.ContinueOnError)
		want.add(pflag.NewFlagSet("run", pflag.ContinueOnError))
		got.add(set)
		if err := configure(set, file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if w, g := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got); w != g {
			t.Errorf("%s:\n got %s\nwant %s", name, g, w)
		}
	}
}
