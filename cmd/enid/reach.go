package main

import (
	"context"

	"github.com/spf13/cobra"

	queries "enid/plan/query"
	"enid/plan/render"
)

func (a *app) reachCommand() *cobra.Command {
	var format, dir string
	var question queries.Question
	c := &cobra.Command{
		Use:   "reach A B",
		Short: "Say whether one instance reaches another, which rules decide it, and what would change it",
		Long: `reach answers whether instance A reaches instance B over the intranet: whether
their networks are joined, what the security groups of every pair of their network
interfaces let through, which rule of the files decides it, and what to commit for
the opposite answer. One of the two may be "internet": then it is about the public
address, the internet gateway and the groups, or Session Manager.

Traffic counts where the ingress rules of the receiver's groups allow it: the rule
of the lowest priority number wins, at the same priority one that denies; what no
rule names is refused. On Alibaba Cloud members of one group let each other in by
default, and between groups each side has to authorize the other, so that a port
counts where it is open both ways. On AWS answers come back by themselves, and a
group lets its own members in only by a rule that names it. Egress rules are
counted where there are any.

It exits 0 where B is reached, 2 where it is not, 1 where something is wrong.`,
		Example: `  enid reach web-1 db-1
  enid reach web-1 db-1 --port 5432
  enid reach internet bastion --port 22
  enid reach web-1 db-1 --port 53 --protocol udp --path topology -o json`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			question.From, question.To = args[0], args[1]
			return a.reach(c.Context(), question, dir, format)
		},
	}
	f := c.Flags()
	f.IntVar(&question.Port, "port", 0, "only that port, 1 to 65535 (of tcp, unless --protocol says udp)")
	f.StringVar(&question.Protocol, "protocol", "", "only that protocol: tcp, udp, icmp or all")
	f.StringVarP(&format, "format", "o", "text", "text or json")
	f.StringVar(&dir, "path", "", "ask the files in that folder, as if applied, not the state")
	return c
}

func (a *app) reach(ctx context.Context, question queries.Question, dir, format string) error {
	t, err := a.asked(ctx, dir)
	if err != nil {
		return err
	}
	answer, err := queries.Reach(t, question)
	if err != nil {
		return err
	}
	if format == "json" {
		err = render.JSON(a.out, answer)
	} else {
		err = render.Reach(a.out, answer, render.Options{Color: a.color()})
	}
	if err == nil && !answer.Reachable {
		return exit(exitChanges)
	}
	return err
}
