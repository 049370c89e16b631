package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"enid/plan/render"
	"enid/reconcile/tree"
)

// Repo is a repository on this disk. It is not for concurrent use.
type Repo struct {
	topology string // as it was given, clean; "" is the default
	theirs   place  // the repository itself, for what names mean in it
	place           // a repository of ours over the same objects
	temp     string // holds ours
	shallow  bool
	bound    tree.Bounds

	trees map[string][]tree.Entry // that were read, by hash
	blobs map[string][]byte       // never written to again
}

// Open opens the repository that dir is in: a bare one, or anywhere in a work
// tree. topology is the topology's folder, slash-separated, from the repository's
// top; "." is the whole repository, and "" the folder "topology" where one of the
// revisions has it, else the whole repository.
func Open(ctx context.Context, dir, topology string) (*Repo, error) {
	if topology != "" {
		if topology = path.Clean(filepath.ToSlash(topology)); !fs.ValidPath(topology) {
			return nil, fmt.Errorf("the topology's folder %q is no path below the repository's top", topology)
		}
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("opening the repository: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("opening the repository: %s is not a folder", dir)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("the git program is needed and cannot be found in PATH: %w", err)
	}
	r := &Repo{topology: topology, theirs: place{git, dir, environment()}, bound: tree.Contract,
		trees: map[string][]tree.Entry{}, blobs: map[string][]byte{}}
	if err := r.locate(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// locate finds the repository as git does, with git's check of who owns it.
func (r *Repo) locate(ctx context.Context) error {
	answer, err := r.theirs.line(ctx, "rev-parse", "--is-shallow-repository", "--show-object-format")
	if err != nil {
		return r.notOpened(err)
	}
	shallow, format, _ := strings.Cut(answer, "\n")
	r.shallow = shallow == "true"
	objects, err := r.gitPath(ctx, "objects")
	if err != nil {
		return err
	}
	if err := r.found(objects, format); err != nil {
		return fmt.Errorf("a repository for what merging makes: %w", err)
	}
	if !r.shallow {
		return nil
	}
	// Where the history ends stands in a file; without it git misses commits.
	from, err := r.gitPath(ctx, "shallow")
	if err != nil {
		return err
	}
	ends, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(r.temp, "git", "shallow"), ends, 0o600)
	}
	if err != nil {
		return fmt.Errorf("where the shallow history ends: %w", err)
	}
	return nil
}

// gitPath answers where the repository keeps something, absolute.
func (r *Repo) gitPath(ctx context.Context, what string) (string, error) {
	name, err := r.theirs.line(ctx, "rev-parse", "--git-path", what)
	if err != nil {
		return "", r.notOpened(err)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.theirs.dir, name)
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", fmt.Errorf("opening the repository: %w", err)
	}
	return name, nil
}

// found makes a repository of ours, which borrows the other's objects. All that
// configures git is left behind that way: drivers, filters, hooks, attributes of
// a work tree, the user's own habits. What a merge makes is written here.
func (r *Repo) found(objects, format string) (err error) {
	if r.temp, err = os.MkdirTemp("", "enid-repo-"); err != nil {
		return err
	}
	git, work := filepath.Join(r.temp, "git"), filepath.Join(r.temp, "work")
	for _, folder := range []string{git, filepath.Join(git, "objects"), filepath.Join(git, "refs"), work} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
	}
	config := "[core]\nrepositoryformatversion = 0\n"
	if format == "sha256" {
		config = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\n"
	}
	for name, content := range map[string]string{"HEAD": "ref: refs/heads/main\n", "config": config} {
		if err := os.WriteFile(filepath.Join(git, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	env := slices.DeleteFunc(environment(), func(kv string) bool { return strings.HasPrefix(kv, "GIT_CONFIG_") })
	r.place = place{r.theirs.program, work, slices.Clip(append(env, "GIT_DIR="+git, "GIT_WORK_TREE="+work, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES="+quoted(objects)))}
	return nil
}

// quoted quotes a path for a list that colons separate.
func quoted(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}

func (r *Repo) notOpened(err error) error {
	dir := render.Inert(r.theirs.dir)
	switch {
	case says(err, "dubious ownership"):
		return fmt.Errorf("the repository at %s belongs to another user, and git does not trust it; if you do: git config --global --add safe.directory %s", dir, dir)
	case says(err, "not a git repository"):
		return fmt.Errorf("%s is not in a git repository; give its folder with --repo", dir)
	}
	return fmt.Errorf("opening the repository at %s: %w", dir, err)
}

// Close removes what merging made. Revisions that were answered stay readable.
func (r *Repo) Close() error {
	if r.temp == "" {
		return nil
	}
	if err := os.RemoveAll(r.temp); err != nil {
		return fmt.Errorf("removing what merging made: %w", err)
	}
	return nil
}
