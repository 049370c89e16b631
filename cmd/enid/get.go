package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/schema"
)

func (a *app) getCommand() *cobra.Command {
	var format, selector, dir string
	c := &cobra.Command{
		Use:   "get KIND [NAME]",
		Short: "Show resources as the state holds them",
		Long: `get shows resources of one kind (singular or plural, any case), or of all kinds
("get all"), as they were applied, with the status that was observed.`,
		Example:   "  enid get enis\n  enid get eni web-1-b -o yaml\n  enid get instances -l tier=web -o json\n  enid get subnets --path topology",
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: kindNames(),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "table", "yaml", "json"); err != nil {
				return err
			}
			labels, err := parseLabels(selector)
			if err != nil {
				return err
			}
			var all []*schema.Resource
			if dir != "" {
				t, err := a.validTopology(c.Context(), []string{dir})
				if err != nil {
					return err
				}
				all = t.Resources()
			} else {
				state, err := a.readState(c.Context())
				if err != nil {
					return err
				}
				all = state.Resources
			}
			found, err := choose(all, args, labels)
			if err != nil {
				return err
			}
			return a.showResources(found, format, len(args) == 2)
		},
	}
	f := c.Flags()
	f.StringVarP(&format, "format", "o", "table", "table, yaml or json")
	f.StringVarP(&selector, "selector", "l", "", "only resources with these labels: KEY=VALUE[,KEY=VALUE]")
	f.StringVar(&dir, "path", "", "show what the files in that folder ask for, not the state")
	return c
}

func parseLabels(selector string) (schema.Selector, error) {
	s := schema.Selector{Labels: map[string]string{}}
	if selector == "" {
		return s, nil
	}
	for _, pair := range strings.Split(selector, ",") {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return s, fmt.Errorf("--selector %q: give KEY=VALUE[,KEY=VALUE]", selector)
		}
		s.Labels[k] = v
	}
	return s, nil
}

// choose answers the resources that the arguments mean; one that is named and
// not there is an error.
func choose(all []*schema.Resource, args []string, labels schema.Selector) (found []*schema.Resource, err error) {
	var kind schema.Kind
	if args[0] != "all" {
		if kind, err = kindNamed(args[0]); err != nil {
			return nil, err
		}
	}
	for _, r := range all {
		if (kind == "" || r.Kind == kind) && (len(args) == 1 || r.Name == args[1]) && labels.Matches(r.Labels) {
			found = append(found, r)
		}
	}
	if len(args) == 2 && len(found) == 0 {
		return nil, fmt.Errorf("%s/%s is not in the state", kind, args[1])
	}
	slices.SortFunc(found, func(a, b *schema.Resource) int { return a.Compare(b.Ref) })
	return found, nil
}

func (a *app) showResources(found []*schema.Resource, format string, one bool) error {
	switch format {
	case "json":
		list := make([]json.RawMessage, 0, len(found))
		for _, r := range found {
			doc, err := schema.Encode(r)
			if err != nil {
				return err
			}
			list = append(list, doc)
		}
		if one && len(list) == 1 {
			return render.JSON(a.out, list[0])
		}
		return render.JSON(a.out, list)
	case "yaml":
		for i, r := range found {
			doc, err := schema.ToYAML(r)
			if err != nil {
				return err
			}
			if i > 0 {
				doc = append([]byte("---\n"), doc...)
			}
			if _, err := a.out.Write(doc); err != nil {
				return err
			}
		}
		return nil
	}
	if len(found) == 0 {
		fmt.Fprintln(a.err, "No resources found in the state.")
		return nil
	}
	var buf bytes.Buffer
	w := tabwriter.NewWriter(&buf, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RESOURCE\tPHASE\tADDRESS\tAT\tID")
	for _, r := range found {
		row := describe(r)
		fmt.Fprintln(w, strings.Join(row[:], "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := a.out.Write(buf.Bytes())
	return err
}

// describe answers a resource as a row: itself, phase, address, where it is, id.
func describe(r *schema.Resource) (row [5]string) {
	row = [5]string{render.Inert(r.String()), "-", "-", "-", "-"}
	set := func(i int, s string) {
		if s != "" && s != "invalid IP" && s != "invalid Prefix" {
			row[i] = render.Inert(s)
		}
	}
	switch s := r.Spec.(type) {
	case *schema.VPCSpec:
		set(2, s.CIDR.String())
		set(3, s.Region)
	case *schema.SubnetSpec:
		set(2, s.CIDR.String())
		set(3, s.Zone)
	case *schema.SecurityGroupSpec:
		set(3, s.VPC)
	}
	switch s := r.Status.(type) {
	case *schema.InstanceStatus:
		set(1, string(s.Phase))
		set(2, s.PrivateIP.String())
	case *schema.ENIStatus:
		set(1, string(s.Phase))
		set(2, s.PrivateIP.String())
		if s.Instance != "" {
			set(3, fmt.Sprintf("%s:%d", s.Instance, s.DeviceIndex))
		}
	case *schema.EIPStatus:
		set(1, string(s.Phase))
		set(2, s.Address.String())
		if b := s.BoundTo; b != nil {
			set(3, b.Instance+b.ENI)
		}
	}
	if r.Status != nil {
		set(4, r.Status.Common().ID)
	}
	return row
}
