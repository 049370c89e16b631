package guest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// Matching answers the one Host whose match fits a machine of that hostname and that
// machine id: Host.spec.match.machineID where it is given, else match.hostname, else
// the Host's own name; a hostname also fits by its first label. None and several are
// errors that name them.
func Matching(cloud *plan.World, hostname, machineID string) (string, error) {
	short, _, _ := strings.Cut(hostname, ".")
	var fits []string
	cloud.Each(func(ref plan.Ref, o plan.Object) {
		if ref.Kind != schema.KindHost {
			return
		}
		switch m := o.(*schema.Resource).Spec.(*schema.HostSpec).Match; {
		case m.MachineID != "" && m.Hostname == "":
			if strings.EqualFold(m.MachineID, machineID) {
				fits = append(fits, ref.Name)
			}
		case m.MachineID != "" && !strings.EqualFold(m.MachineID, machineID):
		default:
			if name := cmp.Or(m.Hostname, ref.Name); strings.EqualFold(name, hostname) || strings.EqualFold(name, short) {
				fits = append(fits, ref.Name)
			}
		}
	})
	slices.Sort(fits)
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return "", fmt.Errorf("no Host fits this machine, whose hostname is %s and whose machine id is %s; %s; declare match, or give --host NAME",
			hostname, cmp.Or(machineID, "not known"), lookup{cloud}.hosts())
	}
	return "", fmt.Errorf("several Hosts fit this machine, whose hostname is %s: %s; tell them apart by match, or give --host NAME", hostname, strings.Join(fits, ", "))
}
