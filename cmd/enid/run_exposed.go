package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// secretFiles are the flags that name a file with a secret.
var secretFiles = []string{"ssh-key", "token-file", "tls-key", "auth-token-file", "webhook-secret-file", "notify-url-file", "commit-status-token-file"}

// exposed answers what other users of this machine can read or write, and should not:
// said and not refused, since the daemon heals this host meanwhile.
func exposed(flags *pflag.FlagSet, stateDir string) (all []string) {
	for _, name := range secretFiles {
		file := flags.Lookup(name).Value.String()
		if mode := modeOf(file); mode&0o006 != 0 {
			all = append(all, fmt.Sprintf("--%s %s is open to every user (%s): chmod 0600 %[2]s", name, file, mode))
		}
	}
	if mode := modeOf(stateDir); mode.Perm()&0o022 != 0 {
		all = append(all, fmt.Sprintf("the state's folder %s can be written to by other users (%s): chmod 0700 %[1]s", stateDir, mode))
	}
	return all
}

// modeOf answers a file's mode; 0 where there is none.
func modeOf(name string) fs.FileMode {
	info, err := os.Stat(name)
	if name == "" || err != nil {
		return 0
	}
	return info.Mode()
}

// strays answers the variables of the environment that look like settings and are
// none: ENID_VERIFY_KEY protects nothing. Kubernetes sets some for a Service enid.
func strays(flags *pflag.FlagSet, environment []string) (names []string) {
	for _, kv := range environment {
		name, _, _ := strings.Cut(kv, "=")
		rest, ours := strings.CutPrefix(name, "ENID_")
		if !ours || strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_") {
			continue
		}
		if flags.Lookup(strings.ToLower(strings.ReplaceAll(rest, "_", "-"))) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func warnOfExposed(flags *pflag.FlagSet, stateDir string, log *slog.Logger) {
	if names := strays(flags, os.Environ()); len(names) > 0 {
		log.Warn("the environment has settings that are no flags of run, and nobody reads", "names", strings.Join(names, ", "))
	}
	for _, what := range exposed(flags, stateDir) {
		log.Warn("other users can get at what is the daemon's", "what", what)
	}
}
