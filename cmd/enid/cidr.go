package main

import (
	"context"

	"github.com/spf13/cobra"

	queries "enid/plan/query"
	"enid/plan/render"
)

func (a *app) cidrCommand() *cobra.Command {
	var format, dir string
	c := &cobra.Command{
		Use:   "cidr SUBNET",
		Short: "Show what every address of a subnet is used for, and what is free",
		Long: `cidr puts every address of a subnet into exactly one class: kept by the cloud (the
gateway too), used (by instances, network interfaces, their delegated prefixes,
endpoints, and what enid does not manage), reserved by the subnet's reservations, or
unused. It draws the address space, names who uses what, lists the free /28 blocks
that a prefix could be delegated from, and says what to reserve.`,
		Example: "  enid cidr web\n  enid cidr web --path topology\n  enid cidr web -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			return a.cidr(c.Context(), args[0], dir, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	c.Flags().StringVar(&dir, "path", "", "ask the files in that folder, as if applied, not the state")
	return c
}

func (a *app) cidr(ctx context.Context, subnet, dir, format string) error {
	t, err := a.asked(ctx, dir)
	if err != nil {
		return err
	}
	report, err := queries.CIDR(t, subnet)
	if err != nil {
		return err
	}
	if format == "json" {
		return render.JSON(a.out, report)
	}
	return render.CIDR(a.out, report, render.Options{Color: a.color()})
}
