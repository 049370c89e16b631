package main

import (
	"context"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
)

func (a *app) hostDoctorCommand() *cobra.Command {
	var flags hostFlags
	var format string
	c := &cobra.Command{
		Use: "doctor", Short: "Find what on this machine gets in enid's way, and say what ends it", Args: cobra.NoArgs,
		Long: `doctor looks for programs that remove or configure what is enid's (systemd-networkd,
NetworkManager, cloud-init, ec2-net-utils, guest agents, DHCP clients, CNI plug-ins),
for switches of the kernel that spoil several NICs, for numbers that others use, and
for what enid itself lacks. Each finding says what was seen, why it matters, and the
drop-in, setting or command that ends it. It changes nothing and needs no state; with
--host the machine is judged as that Host, without it what no Host tells is left out.

It exits 0 where nothing has to be done, 2 where there are errors or warnings.`,
		Example: "  enid host doctor\n  sudo enid host doctor --host web-1\n  enid host doctor --host web-1 --path topology -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			return a.doctor(c.Context(), flags, format)
		},
	}
	c.Flags().StringVar(&flags.name, "host", "", "the Host that this machine is")
	c.Flags().StringVar(&flags.dir, "path", "", "take the Host from the topology in that folder, as if applied, not from the state")
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}

func (a *app) doctor(ctx context.Context, flags hostFlags, format string) error {
	var world *plan.World
	if flags.name != "" {
		w, err := a.hostWorld(ctx, &flags)
		if err != nil {
			return err
		}
		world = w
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	defer m.Close()
	report, err := m.Doctor(ctx, world, flags.name)
	if err != nil {
		return err
	}
	show := func() error { return render.Doctor(a.out, report, render.Options{Color: a.color()}) }
	if format == "json" {
		show = func() error { return render.JSON(a.out, report) }
	}
	if err := show(); err != nil {
		return err
	}
	if !report.Calm() {
		return exit(exitChanges)
	}
	return nil
}
