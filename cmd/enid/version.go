package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"enid/plan/render"
)

// version answers the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

func (a *app) versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "version", Short: "Print which enid this is", Args: cobra.NoArgs,
		Long: `version prints the version or commit that enid was built from, the version of Go, and
the driver that executes the clouds' operations: state-only calls no cloud's API.`,
		Example: "  enid version\n  enid version -o json",
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if format == "json" {
				return render.JSON(a.out, map[string]string{"version": version(), "go": runtime.Version(), "driver": "state-only"})
			}
			fmt.Fprintf(a.out, "enid %s (%s, state only: no cloud API is called)\n", version(), runtime.Version())
			return nil
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}
