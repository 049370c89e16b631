package guest

import (
	"strings"

	"enid/schema"
)

// Volume is a volume that is attached to a machine, with what the machine makes of it.
type Volume struct {
	Ref         schema.Ref
	ID          string // the cloud's; empty: not known
	Size        int64  // bytes, as the cloud has it
	Device      string // as it was attached: /dev/sdf
	GuestDevice string // as the guest was seen to call it; empty: not known
	Guest       schema.VolumeGuest
}

// volume reads one volume; ok where it is attached to this host's instance and says
// what its guest makes of it. The others are none of enid's business.
func (h *Host) volume(l lookup, res *schema.Resource) (v Volume, ok bool) {
	spec := res.Spec.(*schema.VolumeSpec)
	status, seen := res.Status.(*schema.VolumeStatus)
	if !seen {
		status = volumeAsApplied(spec)
	}
	if schema.ProviderOf(l, res) != schema.AWS || h.Instance == "" || status.Phase != schema.PhaseInUse && status.Phase != "" {
		return v, false
	}
	v = Volume{Ref: res.Ref, ID: status.ID, Size: int64(status.SizeGiB) << 30}
	if status.SizeGiB == 0 {
		v.Size = int64(spec.SizeGiB) << 30
	}
	for _, a := range spec.AttachTo {
		if a.Instance == h.Instance && a.Guest != nil {
			v.Guest, v.Device, ok = *a.Guest, a.Device, true
		}
	}
	attached := false
	for _, a := range status.AttachedTo {
		if a.Instance == h.Instance {
			attached, v.GuestDevice = true, a.GuestDevice
			if a.Device != "" {
				v.Device = a.Device
			}
		}
	}
	v.Device = withDev(v.Device)
	return v, ok && attached
}

// volumeAsApplied answers the status of a volume that nobody has observed: the world
// is made of files, and what they declare is taken as done.
func volumeAsApplied(spec *schema.VolumeSpec) *schema.VolumeStatus {
	s := &schema.VolumeStatus{SizeGiB: spec.SizeGiB}
	for _, a := range spec.AttachTo {
		s.AttachedTo = append(s.AttachedTo, schema.AttachedVolume{Instance: a.Instance, Device: a.Device})
	}
	return s
}

func withDev(device string) string {
	if device == "" || strings.HasPrefix(device, "/") {
		return device
	}
	return devicePath(device)
}
