package cloud

import (
	"fmt"
	"strings"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// guestDevice answers a volume's device as its guest sees it, "" where that
// cannot be foreseen.
func guestDevice(v *plan.View, a schema.AttachedVolume) string {
	if a.GuestDevice != "" || nitro(v, instanceRef(a.Instance)) {
		return a.GuestDevice
	}
	return xenDevice(a.Device)
}

// growsInGuest lists what grows in the guest, in order: the partition, where there
// is one, then the file system. What is not known is left in capitals.
func growsInGuest(device string, g *schema.VolumeGuest) string {
	if device == "" {
		device = "DEVICE"
	}
	if g == nil {
		return fmt.Sprintf("growpart %s PARTITION where there is one, then resize2fs (ext4) or xfs_growfs (xfs)", device)
	}
	steps, holder := []string{}, device
	if g.Partition > 0 {
		steps = append(steps, fmt.Sprintf("growpart %s %d", device, g.Partition))
		holder = partitionOf(device, g.Partition)
	}
	switch g.FileSystem {
	case "ext4":
		steps = append(steps, "resize2fs "+holder)
	case "xfs":
		at := g.MountPoint
		if at == "" {
			at = "MOUNTPOINT"
		}
		steps = append(steps, "xfs_growfs "+at)
	default:
		steps = append(steps, "resize2fs "+holder+" (ext4) or xfs_growfs (xfs)")
	}
	return strings.Join(steps, ", then ")
}

// partitionOf answers a partition's device: NVMe names have a p before the number.
func partitionOf(device string, n int) string {
	if last := device[len(device)-1]; last >= '0' && last <= '9' || device == "DEVICE" {
		return fmt.Sprintf("%sp%d", device, n)
	}
	return fmt.Sprintf("%s%d", device, n)
}

// xenDevice is the name that a guest on Xen gives a device: xvd for sd.
func xenDevice(device string) string {
	if len(device) > 7 && device[:7] == "/dev/sd" {
		return "/dev/xvd" + device[7:]
	}
	return device
}

// nitro reports whether the instance is known to run on the Nitro system.
func nitro(v *plan.View, instance plan.Ref) bool {
	s := spec[*schema.InstanceSpec](now(v, instance))
	if s == nil {
		return false
	}
	t, _ := tables.Lookup(string(schema.AWS), s.Type)
	return t.Nitro
}
