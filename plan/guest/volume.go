package guest

import (
	"fmt"
	"strings"

	"enid/plan"
	"enid/schema"
)

// VolumeAt answers the name of the Volume of the host's instance whose disk has that
// serial; where either is not known, which is mounted there or has that device; empty
// where none is. It fails where the world has no such Host.
func VolumeAt(world *plan.World, host, device, serial, mountPoint string) (string, error) {
	h, ok := world.Get(plan.Ref{Kind: schema.KindHost, Name: host}).(*schema.Resource)
	if !ok {
		return "", fmt.Errorf("there is no Host/%s", host)
	}
	instance := h.Spec.(*schema.HostSpec).Instance
	for _, ref := range world.Refs() {
		r, _ := world.Get(ref).(*schema.Resource)
		if r == nil || r.Kind != schema.KindVolume {
			continue
		}
		s, _ := r.Status.(*schema.VolumeStatus)
		if s == nil {
			s = &schema.VolumeStatus{}
		}
		proof := s.ID != "" && strings.HasPrefix(serial, ebsSerial)
		if proof && ebsSerialOf(s.ID) != serial {
			continue
		}
		for _, a := range r.Spec.(*schema.VolumeSpec).AttachTo {
			if a.Instance == instance && a.Guest != nil && a.Guest.MountPoint == mountPoint {
				return ref.Name, nil
			}
		}
		for _, a := range s.AttachedTo {
			if a.Instance == instance && (proof || a.GuestDevice != "" && partitionOf(device, a.GuestDevice)) {
				return ref.Name, nil
			}
		}
	}
	return "", nil
}

// partitionOf reports whether a device is the disk or one of its partitions:
// /dev/xvdf1 of /dev/xvdf, /dev/nvme1n1p1 of /dev/nvme1n1.
func partitionOf(device, disk string) bool {
	rest, found := strings.CutPrefix(device, disk)
	if !found {
		return false
	}
	if last := disk[len(disk)-1]; last >= '0' && last <= '9' && rest != "" {
		rest, found = strings.CutPrefix(rest, "p")
	}
	return found && strings.Trim(rest, "0123456789") == ""
}
