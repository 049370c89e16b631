package main

import (
	"github.com/spf13/cobra"

	"enid/plan"
	"enid/schema"
)

func (a *app) destroyCommand() *cobra.Command {
	flags := applyFlags{destroy: true}
	c := &cobra.Command{
		Use:   "destroy [PATH]",
		Short: "Delete what is managed, all of it or --target, by the same rules as ever",
		Long: `destroy plans as "enid apply" would if nothing of the topology were left but its
Accounts, Policies, Approvals and facts, shows the plan, asks, and does the steps.
Protections, Policies and Approvals hold: what they keep is blocked, and named with
the remedy. PATH is where they stand (default: ./topology where there is one, else .).

A daemon that follows the same files makes everything anew: stop it first, or commit
the deletion instead. The shrink guard does not hold here.

It exits 0 where all is gone, 3 where something stayed blocked, 1 where a step failed
or the answer was no.`,
		Example: "  enid destroy\n  enid destroy topology --target ENI/web-1-b --yes",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.apply(c.Context(), args, flags) },
	}
	f := c.Flags()
	f.BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	f.StringVar(&flags.host, "host", "", "converge this machine too, as that Host, as far as it is left")
	f.StringVar(&flags.certificate, "expect", "", "do only the plan of that certificate, sha256:…")
	f.BoolVar(&flags.adopt, "adopt-source", false, "take over a state that was applied from elsewhere")
	f.StringVar(&flags.policyPath, "policy-path", "", "the only folder, below PATH, in which Policies and Approvals may stand")
	f.StringArrayVar(&flags.targets, "target", nil, "delete only KIND/NAME (repeatable)")
	return c
}

// destroyed answers the topology without what is to go: the targets, or all that is
// managed.
func destroyed(t *schema.Topology, only map[plan.Ref]bool) *schema.Topology {
	var rest []*schema.Resource
	for _, r := range t.Resources() {
		goes := only[r.Ref]
		if only == nil {
			switch r.Kind {
			case schema.KindAccount, schema.KindPolicy, schema.KindApproval:
			default:
				goes = !r.Observed()
			}
		}
		if !goes {
			rest = append(rest, r)
		}
	}
	return schema.NewTopology(rest)
}
