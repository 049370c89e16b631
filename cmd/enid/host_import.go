package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/guest"
	"enid/plan/render"
	"enid/schema"
)

func (a *app) hostImportCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "import", Short: "Print the YAML of this machine as it is, to start a topology from", Args: cobra.NoArgs,
		Long: `import prints resources that declare this machine as it is: a Host, its Instance,
an ENI for each further NIC with an IPv4 address, and the subnets that follow from
the addresses. MACs, addresses, tables, metrics, the routing mode, queues and RPS
masks are as observed; IPv6 addresses that come and go by themselves are left alone.
What only the cloud knows is named in comments, to be filled in; until then those
documents are facts (enid/observe-only), which enid never changes. The last comments
say what enid would still do on this machine with these documents, and what of
others' it leaves alone. It changes nothing and needs no state.`,
		Example: "  enid host import\n  enid host import --name web-1",
		RunE: func(c *cobra.Command, _ []string) error {
			if name == "" {
				name, _ = os.Hostname() // without one, Label gives one
			}
			if label := guest.Label(name); c.Flags().Changed("name") && label != name {
				return fmt.Errorf("--name %q: a name is of lower-case letters, digits and dashes, at most 40, such as %s", name, label)
			}
			return a.hostImport(c.Context(), guest.Label(name))
		},
	}
	c.Flags().StringVar(&name, "name", "", "the name of the Host and its Instance (default: the hostname)")
	return c
}

func (a *app) hostImport(ctx context.Context, name string) error {
	m, err := a.machine()
	if err != nil {
		return err
	}
	defer m.Close()
	world, err := m.ObserveAll(ctx)
	if err != nil {
		return err
	}
	adopted, err := guest.Adopt(world, name)
	if err != nil {
		return fmt.Errorf("this machine: %w", err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# The machine %s as it is: documents to start a topology from.\n", name)
	declared := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, len(adopted.Resources))
	for _, r := range adopted.Resources {
		text, err := schema.ToYAML(r)
		if err != nil {
			return err
		}
		out.WriteString("---\n")
		for _, remark := range adopted.Remarks[r.Ref] {
			fmt.Fprintf(&out, "# %s\n", render.Inert(remark))
		}
		out.Write(text)
		declared.Put(r.Ref, r)
	}
	wanted, err := guest.Want(declared, name, world)
	if err != nil {
		return err
	}
	host, _, err := m.Plan(ctx, declared, name)
	if err != nil {
		return err
	}
	comment(&out, "enid host plan would still show", len(host.Steps), func(i int) string {
		s := host.Steps[i]
		if len(s.BlockedBy) > 0 {
			return "blocked: " + s.BlockedBy[0].Detail
		}
		return s.Command
	})
	left := append(adopted.Left, wanted.Foreign(world)...)
	comment(&out, "Left alone", len(left), func(i int) string { return left[i] })
	_, err = a.out.Write(out.Bytes())
	return err
}

// mostRemarks keeps a machine with a full routing table from drowning the documents.
const mostRemarks = 50

// comment writes a list as comments.
func comment(out *bytes.Buffer, title string, n int, line func(int) string) {
	if n == 0 {
		fmt.Fprintf(out, "# %s: nothing.\n", title)
		return
	}
	fmt.Fprintf(out, "# %s:\n", title)
	for i := range min(n, mostRemarks) {
		fmt.Fprintf(out, "#   %s\n", render.Inert(cmp.Or(line(i), "-")))
	}
	if n > mostRemarks {
		fmt.Fprintf(out, "#   and %d more\n", n-mostRemarks)
	}
}
