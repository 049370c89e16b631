//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
)

// Export answers the configuration of this machine's secondary ENIs as files of a
// format (guest.Formats), and what is left out of them since it is blocked. It
// changes nothing.
func (m *Machine) Export(ctx context.Context, cloud *plan.World, host, format string) ([]guest.File, []guest.Blocked, error) {
	h, err := guest.Declared(cloud, host)
	if err != nil {
		return nil, nil, err
	}
	h.Boot = true
	s, err := m.look(ctx, h, nil)
	if err != nil {
		return nil, nil, err
	}
	files, blocked := s.wanted.Files(format)
	for i, f := range files {
		files[i].Content = strings.Replace(f.Content, guest.Mark(host), guest.ExportMark(host), 1)
	}
	return files, append(s.wanted.Blocked, blocked...), nil
}

// largestFile is far more than enid writes: what is larger is somebody else's.
const largestFile = 1 << 20

// bootFiles reads the files that enid may have written, and the folders of those that
// are asked for. Nothing is remembered: a file's first line says whose it is.
func (m *Machine) bootFiles(r guest.Reading, o *guest.Objects) error {
	if r.Host == "" {
		return nil
	}
	for _, pattern := range guest.Places {
		found, err := fs.Glob(os.DirFS(m.opts.Root), pattern[1:])
		if err != nil {
			return fmt.Errorf("look for %s: %w", pattern, err)
		}
		for _, name := range found {
			f, err := m.file("/"+name, r.Host)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("read files for the boot: %w", err)
			}
			o.More = append(o.More, f)
		}
	}
	for _, dir := range guest.Folders {
		if i, err := os.Stat(m.under(dir)); err == nil && i.IsDir() {
			o.More = append(o.More, guest.File{Path: dir, Folder: true})
		}
	}
	return nil
}

// file reads one file. What is no plain file, or is not to be read, is somebody
// else's.
func (m *Machine) file(path, host string) (guest.File, error) {
	f := guest.File{Path: path}
	i, err := os.Lstat(m.under(path))
	if err != nil || !i.Mode().IsRegular() {
		return f, err
	}
	f.Mode = uint32(i.Mode().Perm())
	in, err := os.Open(m.under(path))
	if errors.Is(err, fs.ErrPermission) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	defer in.Close()
	content, err := io.ReadAll(io.LimitReader(in, largestFile+1))
	if err != nil || len(content) > largestFile {
		return f, err
	}
	return f.Read(host, string(content)), nil
}

// writeFile puts a file in place whole: a crash before the rename leaves the old one,
// and beside it a part of the new one that nobody reads and the next write replaces;
// a crash after it leaves the new one. One that somebody else has put there since the
// look is Learnt.
func (m *Machine) writeFile(f guest.File) error {
	now, err := m.file(f.Path, f.Host)
	switch {
	case err == nil && !now.Ours && !now.Exported:
		return &Learnt{f.Ref(), now}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir, base := filepath.Split(m.under(f.Path))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	part := dir + ".enid-" + base
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = out.WriteString(f.Content)
	err = errors.Join(err, out.Chmod(fs.FileMode(f.Mode)), out.Sync(), out.Close())
	if err == nil {
		err = os.Rename(part, dir+base)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncFolder(dir)
}

// deleteFile removes a file of enid's, and the folder of a drop-in with the last one
// in it. A crash before it leaves the file for the next turn.
func (m *Machine) deleteFile(f guest.File) error {
	name := m.under(f.Path)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(name)
	if strings.HasSuffix(dir, ".d") && os.Remove(dir) == nil {
		dir = filepath.Dir(dir)
	}
	return syncFolder(dir)
}

// syncFolder makes a rename or a removal in a folder last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// under answers where a file of the distribution's is on this machine.
func (m *Machine) under(path string) string { return filepath.Join(m.opts.Root, path) }
