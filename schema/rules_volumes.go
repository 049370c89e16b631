package schema

import (
	"fmt"
	"slices"
)

var volumeRules = []invalidRule{
	{Rule{ID: "volume.iops", Class: ClassInvalid, Cloud: "aws",
		Text:   "IOPS can be set on gp3, io1, io2; it follows from the size on gp2; never on the HDD types.",
		Source: "B 03-02", Code: "InvalidParameterCombination",
		Note: "The source says that cold HDD has IOPS by size; neither HDD type has a setting (public)."}, checkIOPS},
	{Rule{ID: "volume.throughput", Class: ClassInvalid, Cloud: "aws",
		Text:   "Throughput can be set on gp3 only (the HDD types' follows from their size).",
		Source: "B 03-02", Code: "InvalidParameterCombination"}, checkThroughput},
	{Rule{ID: "volume.min-size", Class: ClassInvalid, Cloud: "aws",
		Text:   "A root volume is at least 8 GiB for Amazon Linux, 10 GiB for CentOS.",
		Source: "B 03-02", Code: "InvalidBlockDeviceMapping",
		Note: "The cloud's own rule is that a volume is at least as large as the image's snapshot."}, checkRootSize},
	{Rule{ID: "image.root-device", Class: ClassInvalid, Cloud: "aws",
		Text:   "Instance.rootDevice equals the image's.",
		Source: "B 02", Note: "The cloud takes no root device at launch: the image alone decides."}, checkRootDevice},
}

func eachRootVolume(j *joined, see func(*Resource, *InstanceSpec, *RootVolume)) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.RootVolume != nil {
			see(r, s, s.RootVolume)
		}
	})
}

// eachSetting calls see for the settings of every volume, root volumes included,
// with the path that they are below. Without a type the image decides it.
func eachSetting(j *joined, see func(r *Resource, below, kind string, iops, throughput int)) {
	eachRootVolume(j, func(r *Resource, _ *InstanceSpec, v *RootVolume) {
		if v.Type != "" {
			see(r, "spec.rootVolume.", v.Type, v.IOPS, v.ThroughputMiBps)
		}
	})
	each(j, KindVolume, func(r *Resource, s *VolumeSpec) {
		see(r, "spec.", s.Type, s.IOPS, s.ThroughputMiBps)
	})
}

func checkIOPS(j *joined) {
	eachSetting(j, func(r *Resource, below, kind string, iops, _ int) {
		if iops != 0 && !slices.Contains([]string{"gp3", "io1", "io2"}, kind) {
			j.find(r, below+"iops", fmt.Sprintf("the IOPS of %s cannot be set", kind), "iops with gp3, io1 or io2")
		}
	})
}

func checkThroughput(j *joined) {
	eachSetting(j, func(r *Resource, below, kind string, _, throughput int) {
		if throughput != 0 && kind != "gp3" {
			j.find(r, below+"throughputMiBps", fmt.Sprintf("the throughput of %s cannot be set", kind), "throughputMiBps with gp3")
		}
	})
}

// leastRoot is how large a root volume has to be for an operating system, in GiB.
var leastRoot = map[string]int{"amazon-linux": 8, "centos": 10}

// rootDevices are the names under which the cloud attaches a root volume. public.
var rootDevices = []string{"/dev/sda1", "/dev/xvda"}

// checkRootSize looks at a Volume too where it is attached as the root.
func checkRootSize(j *joined) {
	judge := func(r *Resource, path string, size int, s *InstanceSpec) {
		family, _ := j.osOf(s)
		if least := leastRoot[family]; size != 0 && size < least {
			j.find(r, path, fmt.Sprintf("%d GiB is too small for the root volume of %s", size, s.Image), fmt.Sprintf("%d GiB or more", least))
		}
	}
	eachRootVolume(j, func(r *Resource, s *InstanceSpec, v *RootVolume) {
		judge(r, "spec.rootVolume.sizeGiB", v.SizeGiB, s)
	})
	each(j, KindVolume, func(r *Resource, s *VolumeSpec) {
		for _, a := range s.AttachTo {
			if of := specOf[*InstanceSpec](j, KindInstance, a.Instance); of != nil && slices.Contains(rootDevices, a.Device) {
				judge(r, "spec.sizeGiB", s.SizeGiB, of)
			}
		}
	})
}

func checkRootDevice(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if image := j.imageOf(s); image != nil && image.RootDevice != "" && s.RootDevice != "" && image.RootDevice != s.RootDevice {
			j.find(r, "spec.rootDevice", fmt.Sprintf("the root is to be on %s, but Image/%s has it on %s", s.RootDevice, s.Image, image.RootDevice),
				"rootDevice: "+image.RootDevice+", or another image")
		}
	})
}
