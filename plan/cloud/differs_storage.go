package cloud

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

func volumeDiffers(is, want *schema.VolumeSpec, s schema.VolumeStatus) []plan.Change {
	f := fields{}.str("spec.account", is.Account, want.Account).str("spec.zone", is.Zone, want.Zone).
		str("spec.type", is.Type, want.Type).
		any("spec.sizeGiB", s.SizeGiB, want.SizeGiB, s.SizeGiB == want.SizeGiB).
		any("spec.iops", is.IOPS, want.IOPS, is.IOPS == want.IOPS).
		any("spec.throughputMiBps", is.ThroughputMiBps, want.ThroughputMiBps, is.ThroughputMiBps == want.ThroughputMiBps).
		any("spec.encrypted", is.Encrypted, want.Encrypted, is.Encrypted == want.Encrypted).
		any("spec.multiAttach", is.MultiAttach, want.MultiAttach, is.MultiAttach == want.MultiAttach).
		any("spec.fromSnapshot", is.FromSnapshot, want.FromSnapshot, want.FromSnapshot == "" || is.FromSnapshot == want.FromSnapshot)
	var has, wants []string
	for _, a := range s.AttachedTo {
		has = append(has, attachmentText(a.Instance, a.Device, a.DeleteOnTermination))
	}
	for _, a := range want.AttachTo {
		device := a.Device
		for _, b := range s.AttachedTo {
			if b.Instance == a.Instance && b.Device == "" {
				device = ""
			}
		}
		wants = append(wants, attachmentText(a.Instance, device, a.DeleteOnTermination))
	}
	slices.Sort(has)
	slices.Sort(wants)
	f = f.any("spec.attachTo", s.AttachedTo, want.AttachTo, slices.Equal(has, slices.Compact(wants)))
	return f.any("status.phase", s.Phase, schema.PhaseInUse, len(want.AttachTo) == 0 || s.Phase != schema.PhaseDetaching)
}

func attachmentText(instance, device string, goes bool) string {
	text := instance + " " + device
	if goes {
		text += " and goes with it"
	}
	return text
}

func snapshotDiffers(is, want *schema.SnapshotSpec) []plan.Change {
	return fields{}.str("spec.of.volume", is.Of.Volume, want.Of.Volume).str("spec.of.instance", is.Of.Instance, want.Of.Instance).
		str("spec.description", is.Description, want.Description)
}

// imageDiffers leaves out what only describes an image, and what an image that
// exists is said to be made of no longer.
func imageDiffers(is, want *schema.ImageSpec, described bool) []plan.Change {
	var a, b schema.ShareWith
	if is.ShareWith != nil {
		a = *is.ShareWith
	}
	if want.ShareWith != nil {
		b = *want.ShareWith
	}
	f := fields{}.any("spec.shareWith", is.ShareWith, want.ShareWith,
		a.Public == b.Public && sameSet(a.Regions, b.Regions) && sameSet(a.Accounts, b.Accounts))
	if described && want.FromInstance == "" {
		return f
	}
	return f.str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region).
		any("spec.fromInstance", is.FromInstance, want.FromInstance, want.FromInstance == "" || is.FromInstance == want.FromInstance)
}

func keyPairDiffers(is, want *schema.KeyPairSpec) []plan.Change {
	f := fields{}.str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region)
	a, b := strings.Fields(is.PublicKey), strings.Fields(want.PublicKey)
	same := slices.Equal(a[:min(2, len(a))], b[:min(2, len(b))]) // what follows is a comment
	return f.any("spec.publicKey", is.PublicKey, want.PublicKey, same)
}
