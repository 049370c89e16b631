package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"enid/plan/render"
)

// build is what this program was built from, as Go has noted it in the binary.
type build struct {
	Version string `json:"version"`          // v1.2.3, Go's pseudo-version of the commit, or (devel)
	Commit  string `json:"commit,omitempty"` // absent where it was not built in a git checkout
	Time    string `json:"time,omitempty"`   // of the commit, RFC 3339
	Dirty   bool   `json:"dirty"`            // the checkout held changes that the commit does not
	Go      string `json:"go"`
	Driver  string `json:"driver"`
}

func builtFrom() build {
	b := build{Version: "unknown", Go: runtime.Version(), Driver: "state-only"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
}

// version answers the module's version, which names the commit where no tag does.
func version() string { return builtFrom().Version }

func (b build) String() string {
	from := "no commit is known"
	if b.Commit != "" {
		from = "commit " + b.Commit[:min(12, len(b.Commit))]
	}
	if b.Dirty {
		from += " with changes"
	}
	return fmt.Sprintf("enid %s (%s, %s, state only: no cloud API is called)", b.Version, from, b.Go)
}

func (a *app) versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "version", Short: "Print which enid this is", Args: cobra.NoArgs,
		Long: `version prints the version and the commit that enid was built from ("with changes"
where the checkout was not clean), the version of Go, and the driver that executes the
clouds' operations: state-only calls no cloud's API.`,
		Example: "  enid version\n  enid version -o json",
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if format == "json" {
				return render.JSON(a.out, builtFrom())
			}
			fmt.Fprintln(a.out, builtFrom())
			return nil
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}
