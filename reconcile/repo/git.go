package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// settings go before every subcommand. Most keep git from running something
// that the repository's configuration names; those of merge and diff make the
// answer the same on every machine.
var settings = []string{
	"--no-pager", "--no-replace-objects", "--literal-pathspecs",
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.attributesFile=/dev/null",
	"-c", "core.warnAmbiguousRefs=true", "-c", "protocol.allow=never", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
	"-c", "log.showSignature=false", "-c", "blame.ignoreRevsFile=", "-c", "diff.external=", "-c", "diff.orderFile=/dev/null",
	"-c", "merge.renormalize=false", "-c", "merge.renames=true", "-c", "merge.directoryRenames=conflict", "-c", "merge.renameLimit=7000",
	"-c", "diff.renameLimit=1000", "-c", "diff.algorithm=default", "-c", "color.ui=false",
}

// kept are the variables of git that say where git is and whom it trusts. All
// others are left out: they point it at another repository, or write traces.
var kept = []string{"GIT_EXEC_PATH=", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_ACROSS_FILESYSTEM=", "GIT_CONFIG_GLOBAL=",
	"GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM=", "GIT_CONFIG_COUNT=", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"}

// environment is the environment of every git.
func environment(own ...string) []string {
	env := make([]string, 0, 64)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			env = append(env, kv)
			continue
		}
		for _, prefix := range kept {
			if strings.HasPrefix(kv, prefix) {
				env = append(env, kv)
			}
		}
	}
	env = append(env, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ATTR_NOSYSTEM=1", "GIT_PAGER=cat")
	return append(env, own...)
}

// command is a git that has not begun. It ends with ctx.
func (r *Repo) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.git, append(append([]string{}, settings...), args...)...)
	cmd.Dir, cmd.Env = r.cwd, r.env
	// A child of git that keeps the pipe does not keep us.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run runs git to its end and answers what it wrote. An error is ctx's or a
// *gitError.
func (r *Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var out bytes.Buffer
	said := &heard{}
	cmd.Stdout, cmd.Stderr = &out, said
	err := cmd.Run()
	return out.Bytes(), r.failure(ctx, args[0], err, said)
}

// line is run for an answer of one line.
func (r *Repo) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.run(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// failure makes the error of a git that ended so.
func (r *Repo) failure(ctx context.Context, command string, err error, said *heard) error {
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("git %s was ended: %w", command, ctx.Err())
	case errors.As(err, &exit):
		return &gitError{command: command, code: exit.ExitCode(), said: said.String(), err: err}
	}
	return fmt.Errorf("git %s: %w", command, err)
}

// heard keeps the first of what git says about itself; the rest is dropped.
type heard struct{ bytes.Buffer }

const longestSaid = 4096

func (h *heard) Write(p []byte) (int, error) {
	if room := longestSaid - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
