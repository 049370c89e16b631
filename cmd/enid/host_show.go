package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"enid/plan/guest"
	"enid/plan/render"
	"enid/reconcile/host"
)

func (a *app) hostShowCommand() *cobra.Command {
	var flags hostFlags
	var format string
	c := &cobra.Command{
		Use: "show", Short: "Print the observed configuration of this machine", Args: cobra.NoArgs,
		Long: `show prints what enid sees of this machine: interfaces, addresses, routes and rules, with
what of them is enid's own; queues with their IRQs and CPUs; irqbalance; and the free
space of the file systems on its disks. On a terminal it draws tables; elsewhere it
writes YAML, which programs read. It changes nothing and needs no state; with --host
the file systems are named after the Volumes that the state (or --path) attaches there.`,
		Example: "  enid host show\n  enid host show -o table | less\n  enid host show -o json\n  enid host show --host web-1",
		RunE: func(c *cobra.Command, _ []string) error {
			format = cmp.Or(format, showFormat(terminal(a.out)))
			if err := oneOf("format", format, "table", "yaml", "json"); err != nil {
				return err
			}
			m, err := a.machine()
			if err != nil {
				return err
			}
			defer m.Close()
			shown, err := m.Show(c.Context())
			if err != nil {
				return err
			}
			if flags.name != "" {
				if err := a.nameVolumes(c.Context(), flags, shown.FileSystems); err != nil {
					return err
				}
			}
			return a.showMachine(shown, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "", "table, yaml or json (default table on a terminal, else yaml)")
	c.Flags().StringVar(&flags.name, "host", "", "the Host that this machine is")
	c.Flags().StringVar(&flags.dir, "path", "", "take the Volumes from the topology in that folder, as if applied, not from the state")
	return c
}

// showFormat answers the form that nobody asked for: what programs read is YAML.
func showFormat(terminal bool) string {
	if terminal {
		return "table"
	}
	return "yaml"
}

func (a *app) showMachine(shown *host.Shown, format string) error {
	switch format {
	case "table":
		return render.Tables(a.out, render.Options{Color: a.color()}, machineTables(shown)...)
	case "json":
		return render.JSON(a.out, shown)
	}
	text, err := yaml.Marshal(shown)
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

// nameVolumes fills in which Volume each file system is on: by the serial of its disk,
// else the attachment of this instance with its mount point, device or partition.
func (a *app) nameVolumes(ctx context.Context, flags hostFlags, shown []host.ShownFileSystem) error {
	world, err := a.hostWorld(ctx, &flags)
	if err != nil {
		return err
	}
	for i := range shown {
		name, err := guest.VolumeAt(world, flags.name, shown[i].Device, shown[i].Serial, shown[i].MountPoint)
		if err != nil {
			return err
		}
		shown[i].Volume = name
	}
	return nil
}
