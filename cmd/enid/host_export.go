package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan/guest"
	"enid/plan/render"
	"enid/schema"
)

func (a *app) hostExportCommand() *cobra.Command {
	var flags hostFlags
	var format, dir string
	c := &cobra.Command{
		Use: "export --host NAME", Short: "Print what this machine's secondary ENIs should be, as files for the boot", Args: cobra.NoArgs,
		Long: `export prints the configuration of this machine's secondary ENIs in a format that
brings it up at boot without enid, each file below a header with its path:

  ifcfg     ifcfg-, route- and rule- files of /etc/sysconfig/network-scripts
  networkd  .network files of systemd-networkd, and a .link file where a number
            of queues is declared
  netplan   a file of /etc/netplan, and a drop-in for systemd-networkd beside it
            for what netplan has no word for
  commands  one shell script of ip and ethtool commands, to be run at boot

A file says in its first lines what its format cannot. Only MACs, addresses, numbers
and names of interfaces stand in them. With --dir they are written there instead; a
file that another program or person wrote is never overwritten. To have enid keep
them where the distribution reads them, declare persist in the Host.

export exits 3 where an ENI is left out because it is blocked; why is on stderr.`,
		Example: "  enid host export --host web-1 --format networkd\n  enid host export --host web-1 --format commands --path topology\n  enid host export --host web-1 --format netplan --dir /tmp/out",
		RunE: func(c *cobra.Command, _ []string) error {
			world, err := a.hostWorld(c.Context(), &flags)
			if err != nil {
				return err
			}
			if h, ok := world.Get(schema.Ref{Kind: schema.KindHost, Name: flags.name}).(*schema.Resource); ok && format == "" {
				format = cmp.Or(strings.TrimPrefix(h.Spec.(*schema.HostSpec).Persist, "none"), guest.Formats[0])
			}
			if err := oneOf("format", cmp.Or(format, guest.Formats[0]), guest.Formats...); err != nil {
				return err
			}
			m, err := a.machine()
			if err != nil {
				return err
			}
			defer m.Close()
			files, blocked, err := m.Export(c.Context(), world, flags.name, format)
			if err != nil {
				return err
			}
			return a.export(files, blocked, dir)
		},
	}
	flags.add(c)
	c.Flags().StringVar(&format, "format", "", "ifcfg, networkd, netplan or commands (default: the Host's persist, else ifcfg)")
	c.Flags().StringVar(&dir, "dir", "", "write the files into that folder, which is made where it is not there")
	return c
}

// export prints the files, or writes them all below dir, or none of them.
func (a *app) export(files []guest.File, blocked []guest.Blocked, dir string) error {
	if dir != "" {
		if err := a.exportTo(dir, files); err != nil {
			return err
		}
	}
	for i, f := range files {
		switch {
		case dir != "":
			fmt.Fprintln(a.out, render.Inert(filepath.Join(dir, exportName(f))))
		case f.Format == "commands": // to be piped into a file or a shell
			fmt.Fprint(a.out, f.Content)
		default:
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			fmt.Fprintf(a.out, "### %s\n%s", f.Path, f.Content)
		}
	}
	for _, b := range blocked {
		fmt.Fprintf(a.err, "left out: %s: %s; %s [%s]\n", b.ENI, render.Inert(b.Detail), render.Inert(b.Remedy), b.Rule)
	}
	if len(blocked) > 0 {
		return exit(exitBlocked)
	}
	return nil
}

// exportName is a file's name below --dir: a drop-in keeps its folder.
func exportName(f guest.File) string {
	if parent := filepath.Base(filepath.Dir(f.Path)); strings.HasSuffix(parent, ".d") {
		return filepath.Join(parent, filepath.Base(f.Path))
	}
	return filepath.Base(f.Path)
}

// exportTo writes files below a folder, through enid's own names only: it looks at all
// of them before it writes the first.
func (a *app) exportTo(dir string, files []guest.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer root.Close()
	for _, f := range files {
		is, err := root.ReadFile(exportName(f))
		text := strings.TrimPrefix(string(is), guest.Shebang)
		was := guest.File{}.Read(f.Host, text)
		marked := was.Ours || was.Exported
		if err == nil && !marked || err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("export: %s is there, and enid did not write it for Host/%s: move it away, or choose another --dir; nothing was written",
				filepath.Join(dir, exportName(f)), f.Host)
		}
	}
	for _, f := range files {
		name := exportName(f)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		// A crash in between leaves whole files and one temporary one; running it again completes them.
		if err := root.WriteFile(name+".part", []byte(f.Content), os.FileMode(f.Mode)); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := root.Rename(name+".part", name); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return nil
}
