package cloud

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// adviceStorageRules are the rows of the catalogue that this file is about.
var adviceStorageRules = []schema.Rule{
	{ID: "image.official", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "For CentOS, the vendor's official image is recommended.",
		Source: "B 02"},
	{ID: "volume.grow-backup", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "An image or a snapshot is made before a volume grows.",
		Source: "B 03-02"},
	{ID: "volume.size-advised", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "At least 20 to 30 GiB are advised for an application; the minimum is enough for a bastion (label role: bastion).",
		Source: "B 03-02"},
	{ID: "volume.delete-on-termination.asg", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "In an autoscaling group, volumes that are kept pile up.",
		Source: "B 03-02"},
	{ID: "snapshot.frequent", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "More frequent snapshots are smaller and faster.",
		Source: "B 03-02"},
}

// advisedGiB is the size from which on a volume is enough for an application.
// Document B 03-02: 20 to 30 GiB.
const advisedGiB = 20

// volume advises on a volume that the files ask for.
func (a *adviser) volume(ref plan.Ref) {
	want := spec[*schema.VolumeSpec](wanted(a.v, ref))
	if want == nil {
		return
	}
	bastion := a.bastion(ref)
	for _, at := range want.AttachTo {
		instance := instanceRef(at.Instance)
		bastion = bastion || a.bastion(instance)
		if s := spec[*schema.InstanceSpec](wanted(a.v, instance)); s != nil && s.Autoscaled && !at.DeleteOnTermination {
			a.advise("volume.delete-on-termination.asg", ref, "%s is autoscaled: volumes that stay when their instances go pile up (deleteOnTermination: true)", instance)
		}
	}
	if want.SizeGiB < advisedGiB && !bastion {
		a.advise("volume.size-advised", ref, "%d GiB is little for an application, for which 20 to 30 GiB are advised; for a bastion (label role: bastion) it is enough", want.SizeGiB)
	}
	if r := now(a.v, ref); r != nil && want.SizeGiB > volumeStatus(r).SizeGiB && !a.keptBefore(ref, attachedTogether(r)) {
		a.advise("volume.grow-backup", ref, "it grows: a snapshot of it, or an image of its instance, is better made before (a Snapshot of the same commit is)")
	}
}

// bastion reports whether the files label it as one.
func (a *adviser) bastion(ref plan.Ref) bool {
	w := wanted(a.v, ref)
	return w != nil && w.Labels["role"] == "bastion"
}

// keptBefore reports whether the same files make a snapshot or an image of the
// volume, or of an instance that has it.
func (a *adviser) keptBefore(volume plan.Ref, instances []string) bool {
	of := []plan.Ref{volume}
	for _, n := range instances {
		of = append(of, instanceRef(n))
	}
	for _, ref := range of {
		for _, copied := range a.v.Want.Members(plan.Term{Index: indexReferrers, Ref: ref}) {
			if (copied.Kind == schema.KindSnapshot || copied.Kind == schema.KindImage) && now(a.v, copied) == nil {
				return true
			}
		}
	}
	return false
}

// rootVolume advises on the root volume of an AWS instance.
func (a *adviser) rootVolume(ref plan.Ref, want *schema.InstanceSpec) {
	root := rootOf(want)
	if root.SizeGiB != 0 && root.SizeGiB < advisedGiB && !a.bastion(ref) {
		a.advise("volume.size-advised", ref, "a root volume of %d GiB is little for an application, for which 20 to 30 GiB are advised; for a bastion (label role: bastion) it is enough", root.SizeGiB)
	}
	if want.Autoscaled && !on(root.DeleteOnTermination, true) {
		a.advise("volume.delete-on-termination.asg", ref, "it is autoscaled: root volumes that stay when their instances go pile up")
	}
	if is := spec[*schema.InstanceSpec](now(a.v, ref)); is != nil && rootOf(is).SizeGiB != 0 && root.SizeGiB > rootOf(is).SizeGiB && !a.keptBefore(ref, nil) {
		a.advise("volume.grow-backup", ref, "its root volume grows: a snapshot or an image of it is better made before")
	}
	if a.centos(want.Image) {
		a.advise("image.official", ref, "its image %s is of CentOS, for which the vendor's official image is recommended", want.Image)
	}
}

// centos reports whether an image is of CentOS and made of no instance of the files.
func (a *adviser) centos(image string) bool {
	if s := spec[*schema.ImageSpec](wanted(a.v, imageRef(image))); s != nil {
		return s.OS != nil && s.OS.Family == "centos" && s.FromInstance == ""
	}
	return strings.HasPrefix(image, "centos-")
}

// image advises on an image that is to be made.
func (a *adviser) image(ref plan.Ref) {
	want := spec[*schema.ImageSpec](wanted(a.v, ref))
	if want == nil || now(a.v, ref) != nil || !want.NoReboot || want.FromInstance == "" {
		return
	}
	a.advise("image.create.reboot", ref, "with noReboot what %s has not yet written to disk is lost in the image, and its file systems may be damaged there", instanceRef(want.FromInstance))
}

// snapshot advises on the first snapshot of something.
func (a *adviser) snapshot(ref plan.Ref) {
	w := wanted(a.v, ref)
	if w == nil || now(a.v, ref) != nil {
		return
	}
	isSnapshot := func(r plan.Ref) bool { return r.Kind == schema.KindSnapshot }
	for _, f := range w.Spec.References() {
		if !slices.ContainsFunc(a.v.Members(plan.Term{Index: indexReferrers, Ref: f.Ref}), isSnapshot) {
			a.advise("snapshot.frequent", ref, "it is the first one of %s, and full; the more frequent the next ones, the smaller and faster they are", f.Ref)
		}
	}
}
