package schema

import (
	"fmt"
	"slices"
	"strings"
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
}

func eachRootVolume(j *joined, see func(*Resource, *InstanceSpec, *RootVolume)) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.RootVolume != nil {
			see(r, s, s.RootVolume)
		}
	})
}

// checkIOPS and checkThroughput leave a volume without a type alone: its image decides.
func checkIOPS(j *joined) {
	eachRootVolume(j, func(r *Resource, _ *InstanceSpec, v *RootVolume) {
		if v.IOPS != 0 && v.Type != "" && !slices.Contains([]string{"gp3", "io1", "io2"}, v.Type) {
			j.find(r, "spec.rootVolume.iops", fmt.Sprintf("the IOPS of %s cannot be set", v.Type), "iops with gp3, io1 or io2")
		}
	})
}

func checkThroughput(j *joined) {
	eachRootVolume(j, func(r *Resource, _ *InstanceSpec, v *RootVolume) {
		if v.ThroughputMiBps != 0 && v.Type != "" && v.Type != "gp3" {
			j.find(r, "spec.rootVolume.throughputMiBps", fmt.Sprintf("the throughput of %s cannot be set", v.Type), "throughputMiBps with gp3")
		}
	})
}

func checkRootSize(j *joined) {
	eachRootVolume(j, func(r *Resource, s *InstanceSpec, v *RootVolume) {
		for family, least := range map[string]int{"amazon-linux": 8, "centos": 10} {
			if strings.HasPrefix(s.Image, family+"-") && v.SizeGiB != 0 && v.SizeGiB < least {
				j.find(r, "spec.rootVolume.sizeGiB", fmt.Sprintf("%d GiB is too small for %s", v.SizeGiB, s.Image), fmt.Sprintf("%d GiB or more", least))
			}
		}
	})
}
