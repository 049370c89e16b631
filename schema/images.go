package schema

import "strings"

// imageOf answers the Image that an instance is made of, nil where it is a
// cloud's own id or a FAMILY-VERSION.
func (j *joined) imageOf(s *InstanceSpec) *ImageSpec {
	return specOf[*ImageSpec](j, KindImage, s.Image)
}

var osFamilies = []string{"amazon-linux", "centos", "debian", "ubuntu", "sles", "windows"}

// osOf answers the operating system of an instance as far as the files tell: what
// its Image declares, else what FAMILY-VERSION says. Both are "" where they do not.
func (j *joined) osOf(s *InstanceSpec) (family, version string) {
	if image := j.imageOf(s); image != nil {
		if image.OS == nil {
			return "", ""
		}
		return image.OS.Family, image.OS.Version
	}
	for _, family := range osFamilies {
		if version, ok := strings.CutPrefix(s.Image, family+"-"); ok {
			return family, version
		}
	}
	return "", ""
}
