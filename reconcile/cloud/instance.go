package cloud

import (
	"time"

	"enid/schema"
)

var (
	badPrivateIP   = codes{"InvalidPrivateIpAddress.Mismatch", "InvalidParameterValue"}
	privateIPInUse = codes{"InvalidPrivateIpAddress.Duplicated", "InvalidIPAddress.InUse"}
	noPrivateIP    = codes{"InvalidVSwitchId.IpNotEnough", "InsufficientFreeAddressesInSubnet"}
)

// lastClassic answers the last second in which classic instances were sold.
// Document A 1.
func lastClassic() time.Time { return time.Date(2017, 7, 14, 9, 0, 0, 0, time.UTC) }

func (e *edit) createInstance() error {
	if err := e.fresh(); err != nil {
		return err
	}
	i := instance{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.InstanceSpec)}
	i.status = schema.InstanceStatus{
		CommonStatus: e.common(codes{"i", "i"}), Phase: schema.PhasePending,
		MAC: i.spec.MAC, TerminationProtection: i.spec.TerminationProtection,
	}
	place := e.placeInVPC
	if i.classic() {
		place = e.placeInClassic
	}
	if err := place(&i); err != nil {
		return err
	}
	if key := (schema.Ref{Kind: schema.KindKeyPair, Name: i.spec.KeyPair}); key.Name != "" && e.Get(key) == nil {
		return e.refuse(noKeyPair, "there is no %s", key)
	}
	if asksPublicIP(i.spec.PublicIP) {
		i.status.PublicIP = &schema.PublicIPStatus{} // which address is not known here
	}
	e.setInstance(i)
	return nil
}

func (e *edit) placeInVPC(i *instance) (err error) {
	p := e.pool(i.spec.Subnet)
	if p == nil {
		return e.refuse(noSubnet, "there is no subnet %s", i.spec.Subnet)
	}
	if err := e.member(i.spec.SecurityGroups, p.vpc); err != nil {
		return err
	}
	var chosen bool
	i.status.PrivateIP, chosen, err = p.one(i.spec.PrivateIP, badPrivateIP, privateIPInUse, noPrivateIP)
	i.status.Predicted = predict(nil, "privateIP", chosen)
	return err
}

// placeInClassic leaves the address to the cloud, which does not tell it here.
func (e *edit) placeInClassic(i *instance) error {
	switch {
	case e.provider == schema.AWS:
		return e.refuse(unsupported, "there is no classic network")
	case e.call.At.After(lastClassic()):
		return e.refuse(denied, "the classic network is closed since %s", lastClassic().Format(time.RFC3339))
	case i.spec.PrivateIP.IsValid():
		return e.refuse(denied, "a classic instance's address cannot be chosen")
	}
	return e.member(i.spec.SecurityGroups, "")
}

// instance answers the target, or the refusal that there is none.
func (e *edit) instance() (instance, error) {
	r := e.Get(e.call.Target)
	if r == nil || r.Kind != schema.KindInstance {
		return instance{}, e.refuse(noInstance, "there is no %s", e.call.Target)
	}
	return instanceOf(r), nil
}

// wantedInstance answers the target and what is asked of it.
func (e *edit) wantedInstance() (i instance, want *schema.InstanceSpec, err error) {
	if i, err = e.instance(); err == nil {
		err = e.wanted()
	}
	if err != nil {
		return i, nil, err
	}
	return i, e.call.Want.Spec.(*schema.InstanceSpec), nil
}

func (e *edit) deleteInstance() error {
	i, err := e.instance()
	if err != nil {
		return err
	}
	protected := e.provider == schema.AWS // the default of enid's rule
	if on := i.status.TerminationProtection; on != nil {
		protected = *on
	}
	switch {
	case i.status.Phase == schema.PhaseTerminated:
		terminate(e, i.ref) // what is left is its name
		return nil
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case protected:
		return e.refuse(codes{"InvalidOperation.DeletionProtection", "OperationNotPermitted"}, "%s is protected from termination", i.ref)
	}
	i.status.Phase = schema.PhaseShuttingDown
	e.setInstance(i)
	return nil
}

// relocate starts a stopped instance because another host is asked for. Document
// B 01-02.
func (e *edit) relocate() error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	switch {
	case e.provider != schema.AWS:
		return e.refuse(unsupported, "there are no notices of retirement")
	case i.spec.RootDevice == "instance-store":
		return e.refuse(unsupported, "%s has an instance-store root, which would be lost", i.ref)
	case i.status.Phase != schema.PhaseStopped:
		return e.refuse(instanceState, "%s is %s, not stopped", i.ref, i.status.Phase)
	}
	i.spec.Relocation = want.Relocation
	i.comesUp()
	e.setInstance(i)
	return nil
}

// comesUp begins a start. Whatever was stopped starts on another host, so that a
// notice that its host retires is settled.
func (i *instance) comesUp() { i.status.Phase, i.status.Retirement = schema.PhasePending, nil }

func (e *edit) start() error { return e.power(schema.PhaseStopped, (*instance).comesUp) }

func (e *edit) stop() error {
	i, err := e.instance()
	if err == nil && i.spec.RootDevice == "instance-store" {
		return e.refuse(unsupported, "%s has an instance-store root, which cannot be stopped", i.ref)
	}
	return e.power(schema.PhaseRunning, func(i *instance) { i.status.Phase = schema.PhaseStopping })
}

func (e *edit) power(from schema.Phase, begin func(*instance)) error {
	i, err := e.instance()
	if err != nil {
		return err
	}
	if i.status.Phase != from {
		return e.refuse(instanceState, "%s is %s, not %s", i.ref, i.status.Phase, from)
	}
	begin(&i)
	e.setInstance(i)
	return nil
}
