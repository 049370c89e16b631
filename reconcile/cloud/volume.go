package cloud

import (
	"slices"

	"enid/schema"
)

var (
	noVolume       = onAWS("InvalidVolume.NotFound")
	noSnapshot     = onAWS("InvalidSnapshot.NotFound")
	volumeState    = onAWS("IncorrectState")
	volumeInUse    = onAWS("VolumeInUse")
	badCombination = onAWS("InvalidParameterCombination")
)

type volume struct {
	ref    schema.Ref
	spec   schema.VolumeSpec
	status schema.VolumeStatus
}

func volumeOf(r *schema.Resource) volume {
	v := volume{ref: r.Ref, spec: *r.Spec.(*schema.VolumeSpec)}
	if s, ok := r.Status.(*schema.VolumeStatus); ok {
		v.status = *s
	} else {
		for _, a := range v.spec.AttachTo {
			v.status.AttachedTo = append(v.status.AttachedTo, schema.AttachedVolume{
				Instance: a.Instance, Device: a.Device, DeleteOnTermination: a.DeleteOnTermination})
		}
	}
	if v.status.Phase == "" {
		v.status.Phase = v.rest()
	}
	if v.status.SizeGiB == 0 {
		v.status.SizeGiB = v.spec.SizeGiB
	}
	return v
}

// rest is the phase in which nothing is under way.
func (v volume) rest() schema.Phase {
	if len(v.status.AttachedTo) > 0 {
		return schema.PhaseInUse
	}
	return schema.PhaseAvailable
}

func (v volume) steady() bool {
	return v.status.Phase == schema.PhaseAvailable || v.status.Phase == schema.PhaseInUse
}

func (e *edit) setVolume(v volume) { e.set(v.ref, &v.spec, &v.status) }

// volume answers the target, or the refusal that there is none.
func (e *edit) volume() (volume, error) {
	r := e.Get(e.call.Target)
	if r == nil {
		return volume{}, e.refuse(noVolume, "there is no %s", e.call.Target)
	}
	return volumeOf(r), nil
}

// wantedVolume answers the target, steady, and what is asked of it.
func (e *edit) wantedVolume() (v volume, want *schema.VolumeSpec, err error) {
	if v, err = e.volume(); err == nil {
		err = e.wanted()
	}
	if err != nil {
		return v, nil, err
	}
	if !v.steady() {
		return v, nil, e.refuse(volumeState, "%s is %s", v.ref, v.status.Phase)
	}
	return v, e.call.Want.Spec.(*schema.VolumeSpec), nil
}

func (e *edit) createVolume() error {
	if err := e.fresh(); err != nil {
		return err
	}
	v := volume{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.VolumeSpec)}
	v.spec.AttachTo = nil // attaching it is a call of its own
	if err := e.tuning(v.spec.Type, v.spec.IOPS, v.spec.ThroughputMiBps); err != nil {
		return err
	}
	if err := e.sharing(&v.spec); err != nil {
		return err
	}
	for _, f := range v.spec.References() {
		if f.Ref.Kind == schema.KindSnapshot && e.Get(f.Ref) == nil {
			return e.refuse(noSnapshot, "there is no %s", f.Ref)
		}
	}
	v.status = schema.VolumeStatus{CommonStatus: e.common(onAWS("vol")), Phase: schema.PhaseCreating, SizeGiB: v.spec.SizeGiB}
	e.setVolume(v)
	return nil
}

// tuning refuses what cannot be set on a volume type; "": the image decides.
// Document B 03-02.
func (e *edit) tuning(kind string, iops, throughput int) error {
	switch {
	case kind == "":
	case iops != 0 && !slices.Contains([]string{"gp3", "io1", "io2"}, kind):
		return e.refuse(badCombination, "the IOPS of %s cannot be set", kind)
	case throughput != 0 && kind != "gp3":
		return e.refuse(badCombination, "the throughput of %s cannot be set", kind)
	}
	return nil
}

// sharable reports whether volumes of the type attach to several instances at
// once. Document B 03-02.
func sharable(kind string) bool { return kind == "io1" || kind == "io2" }

func (e *edit) sharing(s *schema.VolumeSpec) error {
	if s.MultiAttach && !sharable(s.Type) {
		return e.refuse(badCombination, "a volume of type %s attaches to one instance", s.Type)
	}
	return nil
}

// resharing refuses what of sharing does not change on a volume that is there: on
// io1 nothing, on io2 it is turned on while detached and off where one instance is
// left; the type stays meanwhile. Public.
func (e *edit) resharing(v volume, want *schema.VolumeSpec) error {
	n, changes := len(v.status.AttachedTo), v.spec.MultiAttach != want.MultiAttach
	switch {
	case v.spec.MultiAttach && !changes && v.spec.Type != want.Type:
		return e.refuse(badCombination, "%s is shared, and keeps its type", v.ref)
	case changes && v.spec.Type == "io1":
		return e.refuse(badCombination, "%s is of type io1, which is shared from its creation on or never", v.ref)
	case changes && (want.MultiAttach && n > 0 || n > 1):
		return e.refuse(badCombination, "%s is attached to %d instances", v.ref, n)
	}
	return e.sharing(want)
}

// modifyVolume changes type, size, speed and how many it attaches to, without
// downtime. Document B 03-02.
func (e *edit) modifyVolume() error {
	v, want, err := e.wantedVolume()
	if err != nil {
		return err
	}
	if want.SizeGiB < v.status.SizeGiB {
		return e.refuse(badParameter, "%s has %d GiB, and does not shrink to %d", v.ref, v.status.SizeGiB, want.SizeGiB)
	}
	if err := e.tuning(want.Type, want.IOPS, want.ThroughputMiBps); err != nil {
		return err
	}
	if err := e.resharing(v, want); err != nil {
		return err
	}
	v.spec.Type, v.spec.SizeGiB, v.spec.IOPS, v.spec.ThroughputMiBps = want.Type, want.SizeGiB, want.IOPS, want.ThroughputMiBps
	v.spec.MultiAttach, v.status.SizeGiB = want.MultiAttach, want.SizeGiB
	e.setVolume(v)
	return nil
}

func (e *edit) deleteVolume() error {
	v, err := e.volume()
	switch {
	case err != nil:
		return err
	case !v.steady():
		return e.refuse(volumeState, "%s is %s", v.ref, v.status.Phase)
	case v.status.Phase == schema.PhaseInUse:
		return e.refuse(volumeInUse, "%s is %s", v.ref, v.status.Phase)
	}
	e.remove(v.ref)
	return nil
}
