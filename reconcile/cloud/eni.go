package cloud

import (
	"cmp"

	"enid/schema"
)

// mostENIs is how many secondary ENIs an Alibaba account has in a region by
// default. Document A 4.1.
const mostENIs = 100

var serviceManaged = codes{"InvalidOperation.EniServiceManaged", "OperationNotPermitted"}

func (e *edit) createENI() error {
	if err := e.fresh(); err != nil {
		return err
	}
	n := eni{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.ENISpec)}
	p := e.pool(n.spec.Subnet)
	switch {
	case n.spec.ManagedBy != "":
		return e.refuse(serviceManaged, "%s belongs to %s", n.ref, n.spec.ManagedBy)
	case p == nil:
		return e.refuse(noSubnet, "there is no subnet %s", n.spec.Subnet)
	}
	if err := e.underQuota(); err != nil {
		return err
	}
	if err := e.member(n.spec.SecurityGroups, p.vpc); err != nil {
		return err
	}
	addr, chosen, err := p.one(n.spec.PrivateIP, codes{"InvalidVSwitchId.IpInvalid", "InvalidParameterValue"}, privateIPInUse, noPrivateIP)
	if err != nil {
		return err
	}
	n.status = schema.ENIStatus{
		CommonStatus: e.common(codes{"eni", "eni"}), Phase: schema.PhaseCreating, MAC: n.spec.MAC,
		PrivateIP: addr, Predicted: predict(nil, "privateIP", chosen),
	}
	// Attaching it and assigning further addresses are calls of their own.
	n.spec.AttachTo, n.spec.SecondaryIPs, n.spec.SecondaryIPCount, n.spec.Prefixes, n.spec.PrefixCount = nil, nil, 0, nil, 0
	e.setENI(n)
	return nil
}

// underQuota refuses one secondary ENI more than the account has in a region.
func (e *edit) underQuota() error {
	account := schema.AccountOf(e, e.call.Want)
	most := 0
	if e.provider != schema.AWS {
		most = mostENIs
	}
	if r := e.Get(schema.Ref{Kind: schema.KindAccount, Name: account}); r != nil {
		if q := r.Spec.(*schema.AccountSpec).Quotas; q != nil {
			most = cmp.Or(q.ENIsPerRegion, most)
		}
	}
	region := schema.RegionOf(e, e.call.Want)
	if n := e.enis[quota{account, region}]; most > 0 && n >= most {
		return e.refuse(codes{"MaxEniCountExceeded", "NetworkInterfaceLimitExceeded"}, "account %s has %d of %d ENIs in %s", account, n, most, region)
	}
	return nil
}

// eni answers the target, or the refusal that there is none to work on. The
// target Instance stands for its primary ENI, which nothing is done to by itself.
func (e *edit) eni() (eni, error) {
	if e.call.Target.Kind == schema.KindInstance {
		return eni{}, e.refuse(codes{"InvalidOperation.DetachPrimaryEniNotAllowed", "OperationNotPermitted"},
			"the primary ENI of %s comes and goes with it", e.call.Target)
	}
	r := e.Get(e.call.Target)
	if r == nil {
		return eni{}, e.refuse(noENI, "there is no %s", e.call.Target)
	}
	n := eniOf(r)
	if n.spec.ManagedBy != "" {
		return eni{}, e.refuse(serviceManaged, "%s belongs to %s", n.ref, n.spec.ManagedBy)
	}
	return n, nil
}

func (e *edit) deleteENI() error {
	n, err := e.eni()
	if err != nil {
		return err
	}
	if n.status.Phase != schema.PhaseAvailable {
		return e.refuse(codes{"InvalidOperation.InvalidEniState", "InvalidNetworkInterface.InUse"}, "%s is %s", n.ref, n.status.Phase)
	}
	if by := e.linked[link{schema.KindTrafficMirror, n.ref}]; len(by) > 0 {
		return e.refuse(onAWS("InvalidNetworkInterface.InUse"), "%s is used by %s", n.ref, by[0])
	}
	e.unbindAll(n.ref)
	e.remove(n.ref)
	return nil
}

// modifyENI changes name, description and groups.
func (e *edit) modifyENI() error {
	n, err := e.eni()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	if !n.steady() {
		return e.refuse(eniState, "%s is %s", n.ref, n.status.Phase)
	}
	want := e.call.Want.Spec.(*schema.ENISpec)
	vpc := ""
	if p := e.pool(n.spec.Subnet); p != nil {
		vpc = p.vpc
	}
	if err := e.member(want.SecurityGroups, vpc); err != nil {
		return err
	}
	n.spec.DisplayName, n.spec.Description, n.spec.SecurityGroups = want.DisplayName, want.Description, want.SecurityGroups
	e.setENI(n)
	return nil
}

// slots answers how many of an interface's addresses of a family it takes: a prefix
// takes one. Document B 04-03, public.
func (n eni) slots(f family) int {
	return f.primary + len(f.addrs(n.status.SecondaryIPs)) + len(f.blocks(n.status.Prefixes))
}
