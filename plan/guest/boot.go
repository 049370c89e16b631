package guest

import (
	"fmt"
	"slices"
	"strings"

	"enid/plan"
)

// Formats are what a host's configuration can be written as. The first three are
// files that a distribution reads at boot; commands is a shell script.
var Formats = []string{"ifcfg", "networkd", "netplan", "commands"}

// formats make the files of one interface, without their heads.
var formats = map[string]func(NIC) []File{"ifcfg": ifcfg, "networkd": networkd, "netplan": netplan}

// Takes says how a change of the files of a format takes effect at once. enid leaves
// it to the operator: what it changes in the kernel itself is in force already.
var Takes = map[string]string{
	"ifcfg":    "ifdown and ifup of that interface, or nmcli connection reload",
	"networkd": "networkctl reload",
	"netplan":  "netplan apply",
}

// Files answers the configuration of the machine's secondary ENIs as files, in the
// order of ENIs; those of which no file may say anything are named as blocked
// (host.persist). Only MACs, addresses, numbers and names of interfaces stand in
// them: shells source some.
func (w *Wanted) Files(format string) (files []File, blocked []Blocked) {
	if format == "commands" {
		return []File{w.script()}, nil
	}
	for _, x := range w.NICs {
		name := x.Link.Name
		if !plainName.MatchString(name) || !plainMAC.MatchString(x.MAC) {
			blocked = append(blocked, Blocked{ENI: x.ENI.Ref, Operation: WriteFile, Target: name, Block: plan.Block{Rule: RulePersist,
				Detail: fmt.Sprintf("files for the boot may not hold the interface name %q with the MAC %q: shells read them", name, x.MAC),
				Remedy: "rename the interface to letters, digits, dots, dashes and underscores"}})
			continue
		}
		for _, f := range formats[format](x) {
			f.Content = w.head(x, format) + f.Content
			f.Ours, f.Format, f.Host = true, format, w.Host.Name
			files = append(files, f)
		}
	}
	return files, blocked
}

// head answers the first lines of a file: whose it is, what of, and what is not said
// in it.
func (w *Wanted) head(x NIC, format string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# The NIC %s, at device index %d. To take effect at once: %s.\n", Mark(w.Host.Name), x.MAC, x.ENI.DeviceIndex, Takes[format])
	var not []string
	if len(x.Steering) > 0 {
		not = append(not, "RPS, XPS and RFS")
	}
	if x.Channels != nil && (format == "netplan" || format == "networkd" && x.ENI.Guest.Queues.Count == 0) {
		not = append(not, "queues")
	}
	if declaresSysctls(w.Host.Spec.Sysctls) {
		not = append(not, "sysctls")
	}
	for _, r := range x.Kept {
		fmt.Fprintf(&b, "# Not in here: %s. The primary's default route would not stay in front of it.\n", r)
	}
	if len(not) > 0 {
		fmt.Fprintf(&b, "# Not in here, for which %s has no word: %s. enid sets them when it runs.\n", format, strings.Join(not, ", "))
	}
	return b.String()
}

// files wants the files that the Host asks for. Those of an ENI that is not
// configured now (its NIC is away, or it is blocked) stay as they are.
func (w *wanting) files() {
	if w.h.persists() {
		files, blocked := w.Files(w.h.Spec.Persist)
		w.Blocked = append(w.Blocked, blocked...)
		for _, f := range files {
			w.World.Put(f.Ref(), f)
		}
	}
	w.observed.Each(func(ref plan.Ref, o plan.Object) {
		if f, ok := o.(File); ok && f.Ours && w.World.Get(ref) == nil && w.away(f) {
			w.World.Put(ref, f)
		}
	})
}

// persists reports whether files for the boot are kept.
func (h *Host) persists() bool { return h.Spec.Persist != "" && h.Spec.Persist != "none" }

// away reports whether a file of enid's is for an ENI of this host that is not
// configured now.
func (w *wanting) away(f File) bool {
	return w.h.persists() && slices.ContainsFunc(w.h.ENIs, func(e ENI) bool {
		return e.MAC != "" && strings.Contains(f.Content, "# The NIC "+strings.ToLower(e.MAC)+",") &&
			!slices.ContainsFunc(w.NICs, func(x NIC) bool { return x.ENI.Ref == e.Ref })
	})
}
