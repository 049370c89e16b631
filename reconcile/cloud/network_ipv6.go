package cloud

import (
	"net/netip"

	"enid/schema"
)

// ipv6VPC answers the target as it is, and the IPv6 CIDR that is asked for.
func (e *edit) ipv6VPC() (spec schema.VPCSpec, want netip.Prefix, err error) {
	r := e.Get(e.call.Target)
	if r == nil {
		return spec, want, e.refuse(noVPC, "there is no %s", e.call.Target)
	}
	if e.call.Want != nil {
		want = e.call.Want.Spec.(*schema.VPCSpec).IPv6CIDR
	}
	return *r.Spec.(*schema.VPCSpec), want, nil
}

func (e *edit) associateVPC() error {
	spec, want, err := e.ipv6VPC()
	switch {
	case err != nil:
		return err
	case !want.IsValid():
		return e.refuse(badParameter, "no IPv6 CIDR is asked for")
	case spec.IPv6CIDR.IsValid():
		return e.refuse(denied, "%s has %s already", e.call.Target, spec.IPv6CIDR)
	}
	spec.IPv6CIDR = want
	e.set(e.call.Target, &spec, nil)
	return nil
}

func (e *edit) disassociateVPC() error {
	spec, _, err := e.ipv6VPC()
	if err != nil {
		return err
	}
	if !spec.IPv6CIDR.IsValid() {
		return e.refuse(badParameter, "%s has no IPv6 CIDR", e.call.Target)
	}
	for _, r := range e.subnets[e.call.Target.Name] {
		if cidr := r.Spec.(*schema.SubnetSpec).IPv6CIDR; cidr.IsValid() {
			return e.refuse(inUse, "%s has %s of it", r.Ref, cidr)
		}
	}
	spec.IPv6CIDR = netip.Prefix{}
	e.set(e.call.Target, &spec, nil)
	return nil
}

func (e *edit) associateSubnet() error {
	_, spec, err := e.subnet()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	want := e.call.Want.Spec.(*schema.SubnetSpec).IPv6CIDR
	vpc := e.Get(schema.Ref{Kind: schema.KindVPC, Name: spec.VPC})
	switch {
	case vpc == nil:
		return e.refuse(noVPC, "there is no VPC %s", spec.VPC)
	case !want.IsValid():
		return e.refuse(badParameter, "no IPv6 CIDR is asked for")
	case spec.IPv6CIDR.IsValid():
		return e.refuse(denied, "%s has %s already", e.call.Target, spec.IPv6CIDR)
	}
	if err := e.inVPC(spec.VPC, want, vpc.Spec.(*schema.VPCSpec).IPv6CIDR); err != nil {
		return err
	}
	spec.IPv6CIDR = want
	e.set(e.call.Target, &spec, nil)
	return nil
}

func (e *edit) disassociateSubnet() error {
	_, spec, err := e.subnet()
	if err != nil {
		return err
	}
	if !spec.IPv6CIDR.IsValid() {
		return e.refuse(badParameter, "%s has no IPv6 CIDR", e.call.Target)
	}
	if user := e.userOfIPv6(); user != nil {
		return e.refuse(inUse, "%s has addresses of it", user.Ref)
	}
	spec.IPv6CIDR = netip.Prefix{}
	e.set(e.call.Target, &spec, nil)
	return nil
}

// userOfIPv6 answers something that has IPv6 addresses of the target, a subnet; nil
// for nothing. It looks at everything there is: the call is a rare one.
func (e *edit) userOfIPv6() *schema.Resource {
	for ref, one := range e.entries {
		s, is := one.Spec.(*schema.ENISpec)
		if len(one.within) > 0 && (ref == e.call.Target || is && s.Subnet == e.call.Target.Name) {
			return one.Resource
		}
	}
	return nil
}
