package repo

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"enid/reconcile/tree"
)

// layAttributes puts the .gitattributes of the commit that is merged into where
// git looks for them, as if it were checked out. A merge driver that they name is
// configured nowhere, as on a forge: git merges text then.
func (r *Repo) layAttributes(ctx context.Context, base Commit) error {
	out, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", base.ID)
	if err != nil {
		return fmt.Errorf("looking for .gitattributes: %w", err)
	}
	var files []tree.Entry
	for record := range strings.SplitSeq(string(out), "\x00") {
		about, name, _ := strings.Cut(record, "\t")
		fields := strings.Fields(about)
		if path.Base(name) == ".gitattributes" && len(fields) == 3 && strings.HasPrefix(fields[0], "100") {
			files = append(files, tree.Entry{Name: name, Hash: fields[2]})
		}
	}
	if len(files) == 0 {
		return nil
	}
	// A path may not lead out of our folder.
	work, err := os.OpenRoot(r.dir)
	if err != nil {
		return fmt.Errorf("laying out .gitattributes: %w", err)
	}
	defer work.Close()
	return r.each(ctx, "--batch", files, func(e tree.Entry, got object) error {
		if err := r.bound.CheckSize(got.size); err != nil {
			return fmt.Errorf("%q %w", e.Name, err)
		}
		data, err := got.all()
		if err != nil {
			return err
		}
		if err := work.MkdirAll(filepath.FromSlash(path.Dir(e.Name)), 0o700); err != nil {
			return fmt.Errorf("laying out .gitattributes: %w", err)
		}
		if err := work.WriteFile(filepath.FromSlash(e.Name), data, 0o600); err != nil {
			return fmt.Errorf("laying out .gitattributes: %w", err)
		}
		return nil
	})
}
