package cloud

import (
	"slices"

	"enid/schema"
	"enid/schema/tables"
)

var (
	tooManyENIs      = codes{"EniPerInstanceLimitExceeded", "AttachmentLimitExceeded"}
	tooManyAddresses = codes{"InvalidOperation.Ipv4CountExceeded", "PrivateIpAddressLimitExceeded"}
	tooManyIPv6      = codes{"InvalidOperation.Ipv6CountExceeded", "InvalidParameterValue"}
)

// attach attaches a secondary ENI. Document A 4.1, 4.2.
func (e *edit) attach() error {
	n, err := e.eni()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	to := e.call.Want.Spec.(*schema.ENISpec).AttachTo
	if to == nil {
		return e.refuse(badParameter, "no instance is named")
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: to.Instance})
	if r == nil {
		return e.refuse(noEcs, "there is no instance %s", to.Instance)
	}
	i := instanceOf(r)
	if err := e.attachable(n, i, r); err != nil {
		return err
	}
	if err := e.takes(n, i); err != nil {
		return err
	}
	index, err := e.deviceIndex(i.ref.Name, to.DeviceIndex)
	if err != nil {
		return err
	}
	n.spec.AttachTo = &schema.Attachment{Instance: i.ref.Name, DeviceIndex: to.DeviceIndex}
	n.status.Phase, n.status.Instance, n.status.DeviceIndex = schema.PhaseAttaching, i.ref.Name, index
	e.setENI(n)
	return nil
}

// attachable refuses what is elsewhere, or in a phase in which nothing is attached.
func (e *edit) attachable(n eni, i instance, at *schema.Resource) error {
	r := e.Get(n.ref)
	mine, its := schema.VPCOf(e, r), schema.VPCOf(e, at)
	switch {
	case n.status.Phase != schema.PhaseAvailable:
		return e.refuse(codes{"InvalidOperation.InvalidEniState", "InvalidNetworkInterface.InUse"}, "%s is %s", n.ref, n.status.Phase)
	case !i.steady():
		return e.refuse(ecsState, "%s is %s", i.ref, i.status.Phase)
	case mine == nil || its == nil || mine.Ref != its.Ref:
		return e.refuse(codes{"InvalidOperation.VpcMismatch", "InvalidParameterValue"}, "%s and %s are in different VPCs", n.ref, i.ref)
	case schema.ZoneOf(e, r) != schema.ZoneOf(e, at):
		return e.refuse(codes{"InvalidOperation.AvailabilityZoneMismatch", "InvalidParameterValue"}, "%s and %s are in different zones", n.ref, i.ref)
	}
	return nil
}

// takes refuses what the instance's type does not take.
func (e *edit) takes(n eni, i instance) error {
	t, known := tables.Lookup(string(e.provider), i.spec.Type)
	if !known {
		return nil
	}
	count := len(e.attached[i.ref.Name]) + 1 // and the primary
	optimized := i.spec.IOOptimized != nil && *i.spec.IOOptimized
	switch {
	case t.IOOptimized == "no" || t.IOOptimized == "optional" && !optimized:
		return e.refuse(codes{"InvalidOperation.InvalidGeneration", "Unsupported"}, "%s is not I/O optimized", i.ref)
	case t.AttachRequiresStopped && i.status.Phase != schema.PhaseStopped:
		return e.refuse(ecsState, "type %s takes ENIs only while stopped", t.Name)
	case t.MaxENIs > 0 && count >= t.MaxENIs:
		return e.refuse(tooManyENIs, "%s has %d of %d ENIs", i.ref, count, t.MaxENIs)
	}
	return e.fitsType(n, t)
}

// deviceIndex answers the index that is asked for, or the lowest free one from 1.
func (e *edit) deviceIndex(instance string, asked int) (int, error) {
	var taken []int
	for _, ref := range e.attached[instance] {
		taken = append(taken, eniOf(e.Get(ref)).status.DeviceIndex)
	}
	if asked != 0 {
		if slices.Contains(taken, asked) {
			return 0, e.refuse(badParameter, "device index %d of %s is taken", asked, instance)
		}
		return asked, nil
	}
	kept := e.call.KeptIndex
	index := 1
	for slices.Contains(taken, index) || kept != nil && kept(instance, index) {
		index++
	}
	return index, nil
}

// detach detaches a secondary ENI. Document A 4.6.
func (e *edit) detach() error {
	n, err := e.eni()
	if err != nil {
		return err
	}
	if n.status.Phase != schema.PhaseInUse {
		return e.refuse(codes{"InvalidOperation.InvalidEniState", "InvalidAttachmentID.NotFound"}, "%s is %s", n.ref, n.status.Phase)
	}
	if r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: n.status.Instance}); r != nil {
		i := instanceOf(r)
		t, _ := tables.Lookup(string(e.provider), i.spec.Type)
		if !i.steady() || t.AttachRequiresStopped && i.status.Phase != schema.PhaseStopped {
			return e.refuse(ecsState, "%s is %s", i.ref, i.status.Phase)
		}
	}
	n.status.Phase = schema.PhaseDetaching
	e.setENI(n)
	return nil
}
