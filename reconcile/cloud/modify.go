package cloud

import (
	"cmp"

	"enid/schema"
	"enid/schema/tables"
)

// changeAddress gives the primary ENI another address, or another subnet of the
// same zone and VPC, from the next start on. Document A 3.1.
func (e *edit) changeAddress() error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	from, to := e.pool(i.spec.Subnet), e.pool(want.Subnet)
	switch {
	case e.provider == schema.AWS:
		return e.refuse(denied, "the address and subnet of a primary ENI are fixed")
	case i.classic():
		return e.refuse(denied, "%s is not in a VPC", i.ref)
	case i.status.Phase != schema.PhaseStopped:
		return e.refuse(instanceState, "%s is %s, not stopped", i.ref, i.status.Phase)
	case from == nil || to == nil || from.vpc != to.vpc:
		return e.refuse(noSubnet, "there is no subnet %s in the VPC of %s", want.Subnet, i.ref)
	case from.spec.Zone != to.spec.Zone:
		return e.refuse(codes{alibaba: "InvalidVSwitchId.Mismatch"}, "%s is in zone %s, not in %s", to.name, to.spec.Zone, from.spec.Zone)
	case i.status.PendingPrivateIP.IsValid():
		return e.refuse(codes{alibaba: "InvalidPrivateIp.Changing"}, "%s waits for the next start", i.status.PendingPrivateIP)
	}
	declared := want.PrivateIP
	if !declared.IsValid() && from.name == to.name {
		declared = i.status.PrivateIP // nothing is asked for: the subnet may stay
	}
	addr, chosen, err := to.one(declared, badPrivateIP, privateIPInUse, noPrivateIP)
	if err != nil {
		return err
	}
	i.spec.Subnet, i.spec.PrivateIP = want.Subnet, want.PrivateIP
	if addr != i.status.PrivateIP {
		i.status.PendingPrivateIP = addr
	}
	i.status.Predicted = predict(i.status.Predicted, "privateIP", chosen)
	e.setInstance(i)
	return nil
}

func (e *edit) changeType() error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	if i.status.Phase != schema.PhaseStopped {
		return e.refuse(codes{"InvalidInstanceStatus.NotStopped", "IncorrectInstanceState"}, "%s is %s, not stopped", i.ref, i.status.Phase)
	}
	t, known := tables.Lookup(string(e.provider), want.Type)
	if n := len(e.attached[i.ref.Name]) + 1; known && t.MaxENIs > 0 && n > t.MaxENIs {
		return e.refuse(tooManyENIs, "%s has %d ENIs, and type %s takes %d", i.ref, n, t.Name, t.MaxENIs)
	}
	for _, ref := range e.attached[i.ref.Name] {
		if err := e.fitsType(eniOf(e.Get(ref)), t); err != nil {
			return err
		}
	}
	i.spec.Type = want.Type
	e.setInstance(i)
	return nil
}

// attribute changes one attribute of an instance that is running or stopped.
func (e *edit) attribute(set func(i *instance, want *schema.InstanceSpec) error) error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	if !i.steady() {
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	}
	if err := set(&i, want); err != nil {
		return err
	}
	e.setInstance(i)
	return nil
}

func (e *edit) changeGroups() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		vpc := ""
		if p := e.pool(i.spec.Subnet); p != nil {
			vpc = p.vpc
		}
		i.spec.SecurityGroups = want.SecurityGroups
		return e.member(want.SecurityGroups, vpc)
	})
}

// changeProtection turns the cloud's switch. The spec as applied keeps, spelled
// out, what was in force: protection that a commit turns off still counts until
// that commit is applied whole.
func (e *edit) changeProtection() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		unset := e.provider == schema.AWS // protected by default
		was, on := unset, unset
		for _, applied := range []*bool{i.spec.TerminationProtection, i.status.TerminationProtection} {
			if applied != nil {
				was = *applied
			}
		}
		if want.TerminationProtection != nil {
			on = *want.TerminationProtection
		}
		i.spec.TerminationProtection, i.status.TerminationProtection = &was, &on
		return nil
	})
}

func (e *edit) changeCredits() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		if t, known := tables.Lookup(string(e.provider), i.spec.Type); known && !t.Burstable {
			return e.refuse(codes{"OperationDenied", "InstanceCreditSpecification.NotSupported"}, "type %s has no CPU credits", t.Name)
		}
		i.spec.CreditSpecification = want.CreditSpecification
		return nil
	})
}

func (e *edit) changeUserData() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		if i.status.Phase != schema.PhaseStopped {
			return e.refuse(instanceState, "%s is %s, not stopped", i.ref, i.status.Phase)
		}
		i.spec.UserData = want.UserData
		return nil
	})
}

func (e *edit) changeRole() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		i.spec.IAMRole = want.IAMRole
		return nil
	})
}

// changeBilling changes how an instance is paid for. Public.
func (e *edit) changeBilling() error {
	return e.attribute(func(i *instance, want *schema.InstanceSpec) error {
		if e.provider == schema.AWS {
			return e.refuse(unsupported, "there are no subscriptions")
		}
		i.spec.Billing = want.Billing
		return nil
	})
}

// changeRootVolume changes what is asked of an EBS root, in place: it grows, and
// never shrinks. Document B 03-02.
func (e *edit) changeRootVolume() error {
	return e.root(func(is *schema.RootVolume, want schema.RootVolume) error {
		if want.SizeGiB != 0 && want.SizeGiB < is.SizeGiB {
			return e.refuse(badParameter, "the root of %s has %d GiB, and does not shrink to %d", e.call.Target, is.SizeGiB, want.SizeGiB)
		}
		is.Type, is.SizeGiB = cmp.Or(want.Type, is.Type), cmp.Or(want.SizeGiB, is.SizeGiB)
		is.IOPS, is.ThroughputMiBps = cmp.Or(want.IOPS, is.IOPS), cmp.Or(want.ThroughputMiBps, is.ThroughputMiBps)
		return e.tuning(want.Type, want.IOPS, want.ThroughputMiBps)
	})
}

// changeRootRetention decides whether an EBS root goes with its instance, which it
// does unless it is asked to stay. Document B 03-02.
func (e *edit) changeRootRetention() error {
	return e.root(func(is *schema.RootVolume, want schema.RootVolume) error {
		goes := want.DeleteOnTermination == nil || *want.DeleteOnTermination
		is.DeleteOnTermination = &goes
		return nil
	})
}

// root changes the root volume of an instance that is running or stopped.
func (e *edit) root(set func(is *schema.RootVolume, want schema.RootVolume) error) error {
	return e.attribute(func(i *instance, wanted *schema.InstanceSpec) error {
		if e.provider != schema.AWS || i.spec.RootDevice == "instance-store" {
			return e.refuse(unsupported, "%s has no root volume of its own", i.ref)
		}
		var is, want schema.RootVolume
		if i.spec.RootVolume != nil {
			is = *i.spec.RootVolume
		}
		if wanted.RootVolume != nil {
			want = *wanted.RootVolume
		}
		i.spec.RootVolume = &is
		return set(&is, want)
	})
}
