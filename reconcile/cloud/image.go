package cloud

import "enid/schema"

var (
	noImage   = onAWS("InvalidAMIID.NotFound")
	noKeyPair = onAWS("InvalidKeyPair.NotFound")
)

// createImage makes an image of an instance, which reboots for it unless noReboot
// is asked for, and runs again where it ran. Document B 02.
func (e *edit) createImage() error {
	if err := e.fresh(); err != nil {
		return err
	}
	spec := *e.call.Want.Spec.(*schema.ImageSpec)
	if spec.FromInstance == "" {
		return e.refuse(onAWS("MissingParameter"), "no instance is named to make it of")
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: spec.FromInstance})
	if r == nil {
		return e.refuse(noInstance, "there is no instance %s", spec.FromInstance)
	}
	if i := instanceOf(r); !i.steady() {
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	}
	spec.ShareWith = nil // sharing it is a call of its own
	status := e.common(onAWS("ami"))
	e.set(e.call.Target, &spec, &status)
	return nil
}

// shareImage lets exactly those use an image who are asked for.
func (e *edit) shareImage() error {
	r := e.Get(e.call.Target)
	if r == nil {
		return e.refuse(noImage, "there is no %s", e.call.Target)
	}
	if err := e.wanted(); err != nil {
		return err
	}
	spec := *r.Spec.(*schema.ImageSpec)
	spec.ShareWith = e.call.Want.Spec.(*schema.ImageSpec).ShareWith
	e.set(r.Ref, &spec, nil)
	return nil
}

// createSnapshot keeps the state of a volume, or of an instance's volumes
// together. Document B 03-02.
func (e *edit) createSnapshot() error {
	if err := e.fresh(); err != nil {
		return err
	}
	of := e.call.Want.Spec.(*schema.SnapshotSpec).Of
	switch {
	case of.Volume != "":
		r := e.Get(schema.Ref{Kind: schema.KindVolume, Name: of.Volume})
		if r == nil {
			return e.refuse(noVolume, "there is no volume %s", of.Volume)
		}
		if v := volumeOf(r); v.status.Phase == schema.PhaseCreating {
			return e.refuse(volumeState, "%s is %s", v.ref, v.status.Phase)
		}
	default:
		r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: of.Instance})
		if r == nil {
			return e.refuse(noInstance, "there is no instance %s", of.Instance)
		}
		if i := instanceOf(r); !i.steady() {
			return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
		}
	}
	e.setPlain(onAWS("snap"))
	return nil
}

func (e *edit) createKeyPair() error {
	if err := e.fresh(); err != nil {
		return err
	}
	e.setPlain(onAWS("key"))
	return nil
}

// setPlain stages a new resource as it is asked for.
func (e *edit) setPlain(prefix codes) {
	status := e.common(prefix)
	e.set(e.call.Target, e.call.Want.Spec, &status)
}

// deletePlain answers the call that deletes what nothing keeps from going.
func deletePlain(missing codes) func(*edit) error {
	return func(e *edit) error {
		if e.Get(e.call.Target) == nil {
			return e.refuse(missing, "there is no %s", e.call.Target)
		}
		e.remove(e.call.Target)
		return nil
	}
}
