package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/dir"
	"enid/schema"
)

// topologyPath answers the folder that a command reads: the argument, else
// ./topology where there is one, else the working directory.
func topologyPath(args []string) (string, error) {
	if len(args) == 0 {
		if info, err := os.Stat("topology"); err == nil && info.IsDir() {
			return "topology", nil
		}
		return ".", nil
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return "", fmt.Errorf("topology: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("topology: %s is a file; give the folder that holds the topology", args[0])
	}
	return args[0], nil
}

// topology is what a folder says, with the paths of its files as a person in
// the working directory would write them.
type topology struct {
	*schema.Topology
	dir      string
	findings []schema.Finding
	rev      reconcile.Revision // the daemon's for the folder; zero unless asked for
}

// loadTopology reads a folder. It follows no link out of it.
func loadTopology(ctx context.Context, dir string) (*topology, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	defer root.Close()
	return parseTopology(ctx, dir, reconcile.Revision{ID: dir, FS: root.FS()})
}

// parseTopology reads what a revision of a folder holds.
func parseTopology(ctx context.Context, dir string, rev reconcile.Revision) (*topology, error) {
	rev.Root = filepath.ToSlash(dir)
	t, findings, err := reconcile.Load(ctx, rev, &reconcile.Cache{})
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	if t == nil {
		t = schema.NewTopology(nil)
	}
	return &topology{Topology: t, dir: dir, findings: findings}, nil
}

// loadRevision reads a folder once, as the revision that the daemon would give it.
func loadRevision(ctx context.Context, name string) (*topology, error) {
	source, err := dir.Open(name, nil)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	rev, err := source.Fetch(ctx)
	var failed *reconcile.SourceError
	switch {
	case errors.As(err, &failed) && failed.Condition == reconcile.Empty: // the shrink guard decides
		return &topology{Topology: schema.NewTopology(nil), dir: name, rev: reconcile.Revision{ID: "dir:empty"}}, nil
	case err != nil:
		return nil, err
	}
	t, err := parseTopology(ctx, name, rev)
	if err != nil {
		return nil, err
	}
	t.rev = rev
	return t, nil
}

// maxFindings is how many findings people are shown; programs get all.
const maxFindings = 200

// openFile opens a file as a person in the working directory would.
func openFile(file string) (fs.File, error) { return os.Open(file) }

// showFindings writes findings for people, with the line and a caret on a
// terminal, and the total where they are capped. open opens the files.
func (a *app) showFindings(w io.Writer, findings []schema.Finding, open func(file string) (fs.File, error)) {
	shown := findings[:min(len(findings), maxFindings)]
	for _, f := range shown {
		text := render.Inert(f.String())
		if f.Advice {
			text += " (advice)"
		}
		fmt.Fprintln(w, text)
		if terminal(w) {
			showCaret(w, f.Pos, open)
		}
	}
	if len(findings) > len(shown) {
		fmt.Fprintf(w, "... and %d more findings, %d in all\n", len(findings)-len(shown), len(findings))
	}
}

// showCaret writes the line of a finding with a caret below its column. A line
// that may hold a secret is not shown.
func showCaret(w io.Writer, p schema.Pos, open func(file string) (fs.File, error)) {
	f, err := open(p.File)
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n < p.Line {
			continue
		}
		text := lines.Text()
		if !secret(text) && p.Column <= len(text)+1 {
			fmt.Fprintf(w, "    %s\n    %s^\n", render.Inert(text), strings.Repeat(" ", len(render.Inert(text[:p.Column-1]))))
		}
		return
	}
}

// secret reports whether a line may hold what nobody should read over a shoulder:
// user data, or a private key where a public one was asked for.
func secret(line string) bool {
	return strings.Contains(line, "userData") || strings.Contains(line, "PRIVATE KEY")
}

// validTopology loads a folder and fails with all its findings where it is invalid.
func (a *app) validTopology(ctx context.Context, args []string) (*topology, error) {
	return a.valid(ctx, args, loadTopology)
}

// validRevision is validTopology with the revision: for what is applied or saved.
func (a *app) validRevision(ctx context.Context, args []string) (*topology, error) {
	return a.valid(ctx, args, loadRevision)
}

func (a *app) valid(ctx context.Context, args []string, load func(context.Context, string) (*topology, error)) (*topology, error) {
	dir, err := topologyPath(args)
	if err != nil {
		return nil, err
	}
	t, err := load(ctx, dir)
	if err != nil {
		return nil, err
	}
	if schema.Invalid(t.findings) {
		a.showFindings(a.err, t.findings, openFile)
		return nil, fmt.Errorf("%s does not validate: %s", dir, countFindings(t.findings))
	}
	return t, nil
}

// countFindings answers "3 errors, 1 advice".
func countFindings(findings []schema.Finding) string {
	advice := 0
	for _, f := range findings {
		if f.Advice {
			advice++
		}
	}
	text := plan.Count(len(findings)-advice, "error")
	if advice > 0 {
		text += fmt.Sprintf(", %d advice", advice)
	}
	return text
}
