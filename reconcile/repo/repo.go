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
	"strings"

	"enid/plan/render"
	"enid/reconcile/tree"
)

// Repo is a repository on this disk. It is not for concurrent use.
type Repo struct {
	git      string // the program
	dir      string // as it was given
	topology string // as it was given, clean; "" is the default
	cwd      string // where git runs
	env      []string
	temp     string // holds work and objects
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
	r := &Repo{git: git, dir: dir, topology: topology, cwd: dir, env: environment(), bound: tree.Contract,
		trees: map[string][]tree.Entry{}, blobs: map[string][]byte{}}
	if err := r.locate(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// locate finds the repository as git does, with git's check of who owns it, and
// lets every later git run in an empty folder: no attributes, no index and no
// configuration of a work tree have a say.
func (r *Repo) locate(ctx context.Context) error {
	answer, err := r.line(ctx, "rev-parse", "--is-shallow-repository", "--absolute-git-dir")
	if err != nil {
		return r.notOpened(err)
	}
	shallow, gitDir, _ := strings.Cut(answer, "\n")
	r.shallow = shallow == "true"
	objects, err := r.line(ctx, "rev-parse", "--git-path", "objects")
	if err != nil {
		return r.notOpened(err)
	}
	if !filepath.IsAbs(objects) {
		objects = filepath.Join(r.dir, objects)
	}
	if objects, err = filepath.Abs(objects); err != nil {
		return fmt.Errorf("opening the repository: %w", err)
	}
	if r.temp, err = os.MkdirTemp("", "enid-repo-"); err != nil {
		return fmt.Errorf("a folder for what merging makes: %w", err)
	}
	own, work := filepath.Join(r.temp, "objects"), filepath.Join(r.temp, "work")
	for _, folder := range []string{own, work} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return fmt.Errorf("a folder for what merging makes: %w", err)
		}
	}
	r.cwd = work
	r.env = environment("GIT_DIR="+gitDir, "GIT_WORK_TREE="+work, "GIT_INDEX_FILE="+filepath.Join(r.temp, "index"),
		"GIT_OBJECT_DIRECTORY="+own, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+quoted(objects))
	return nil
}

// quoted quotes a path for a list that colons separate.
func quoted(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}

func (r *Repo) notOpened(err error) error {
	dir := render.Inert(r.dir)
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
