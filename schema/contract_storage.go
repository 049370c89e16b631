package schema

import (
	"fmt"
	"slices"
)

// checkDevices also reports an instance that one volume names twice. How many it
// may be attached to at once is the plan's matter.
func checkDevices(j *joined) {
	type slot struct{ instance, device string }
	taken := claims[slot]{}
	each(j, KindVolume, func(r *Resource, s *VolumeSpec) {
		named := map[string]bool{}
		for i, a := range s.AttachTo {
			if named[a.Instance] {
				j.find(r, indexed("spec.attachTo", i, "instance"), fmt.Sprintf("Instance/%s stands here twice", a.Instance), "each instance once")
				continue
			}
			named[a.Instance] = true
			taken.take(j, slot{a.Instance, a.Device}, r, indexed("spec.attachTo", i, "device"),
				fmt.Sprintf("%s of Instance/%s is declared twice", a.Device, a.Instance), "a device once for an instance")
		}
	})
}

// sameHome reports the field where what it names is in another region or account.
func (j *joined) sameHome(r *Resource, path string, named *Resource) {
	if here, there := j.Region(r), j.Region(named); here != "" && there != "" && here != there {
		j.find(r, path, fmt.Sprintf("%s is in %s, this %s in %s", named.Ref, there, r.Kind, here), "one in "+here)
	}
	j.sameAccount(r, path, named)
}

func (j *joined) sameAccount(r *Resource, path string, named *Resource) {
	if here, there := AccountOf(j, r), AccountOf(j, named); here != "" && there != "" && here != there {
		j.find(r, path, fmt.Sprintf("%s is of Account/%s, this %s of Account/%s", named.Ref, there, r.Kind, here), "one of Account/"+here)
	}
}

// checkVolumeAccounts leaves an instance in another zone to the plan: volume.same-zone.
func checkVolumeAccounts(j *joined) {
	each(j, KindVolume, func(r *Resource, s *VolumeSpec) {
		for i, a := range s.AttachTo {
			if instance := j.Get(Ref{KindInstance, a.Instance}); instance != nil {
				j.sameAccount(r, indexed("spec.attachTo", i, "instance"), instance)
			}
		}
	})
}

func checkImageOrigin(j *joined) {
	each(j, KindImage, func(r *Resource, s *ImageSpec) {
		if from := j.Get(Ref{KindInstance, s.FromInstance}); from != nil {
			j.sameHome(r, "spec.fromInstance", from)
		}
	})
}

// checkImageRegion asks that an Image is in the instance's region, or is shared
// with it.
func checkImageRegion(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		image := j.imageOf(s)
		if image == nil {
			return
		}
		region := j.Region(r)
		shared := image.ShareWith != nil && slices.Contains(image.ShareWith.Regions, region)
		if region != "" && region != image.Region && !shared {
			j.find(r, "spec.image", fmt.Sprintf("Image/%s is in %s, this Instance in %s", s.Image, image.Region, region),
				fmt.Sprintf("an Image in %s, or %s among its shareWith.regions", region, region))
		}
	})
}

func checkKeyPairs(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if key := j.Get(Ref{KindKeyPair, s.KeyPair}); key != nil {
			j.sameHome(r, "spec.keyPair", key)
		}
	})
}
