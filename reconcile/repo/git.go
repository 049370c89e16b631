package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// settings go before every subcommand, so that nothing runs that a repository's
// configuration names, and the network is left alone.
var settings = []string{"--no-pager", "--no-replace-objects", "--literal-pathspecs",
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-c", "core.warnAmbiguousRefs=true"}

// kept are the variables of git that say where git is and whom it trusts. All
// others are left out: they point it at another repository, or write traces.
var kept = []string{"GIT_EXEC_PATH=", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_ACROSS_FILESYSTEM=", "GIT_CONFIG_GLOBAL=",
	"GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM=", "GIT_CONFIG_COUNT=", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"}

// environment is what every git gets: the caller's, cleaned, and own.
func environment(own ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "GIT_") && !slices.ContainsFunc(kept, func(prefix string) bool { return strings.HasPrefix(kv, prefix) })
	})
	env = append(env, "LC_ALL=C", "LANGUAGE=", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ATTR_NOSYSTEM=1")
	return append(env, own...)
}

// place is where git runs.
type place struct {
	program string
	dir     string
	env     []string
}

// command is a git that has not begun. It ends with ctx.
func (p place) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.program, slices.Concat(settings, args)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	// A child of git that keeps the pipe does not keep us.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run runs git to its end and answers what it wrote. An error is ctx's or a
// *gitError.
func (p place) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := p.command(ctx, args...)
	var out bytes.Buffer
	said := &heard{}
	cmd.Stdout, cmd.Stderr = &out, said
	err := cmd.Run()
	return out.Bytes(), failure(ctx, args[0], err, said)
}

// line is run for an answer of one line.
func (p place) line(ctx context.Context, args ...string) (string, error) {
	out, err := p.run(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// failure makes the error of a git that ended so.
func failure(ctx context.Context, command string, err error, said *heard) error {
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
