package cloud

import (
	"slices"

	"enid/schema"
)

func (e *edit) createGroup() error {
	if err := e.fresh(); err != nil {
		return err
	}
	spec := *e.call.Want.Spec.(*schema.SecurityGroupSpec)
	if spec.VPC != "" && e.Get(schema.Ref{Kind: schema.KindVPC, Name: spec.VPC}) == nil {
		return e.refuse(noVPC, "there is no VPC %s", spec.VPC)
	}
	spec.Rules = nil // authorizing them is a call of its own
	status := e.common(codes{"sg", "sg"})
	e.set(e.call.Target, &spec, &status)
	return nil
}

func (e *edit) group() (spec schema.SecurityGroupSpec, err error) {
	r := e.Get(e.call.Target)
	if r == nil {
		return spec, e.refuse(noGroup, "there is no %s", e.call.Target)
	}
	spec = *r.Spec.(*schema.SecurityGroupSpec)
	spec.Rules = slices.Clone(spec.Rules)
	return spec, nil
}

// authorize answers the call that adds the rules of one direction that are asked
// for and not there.
func authorize(direction string) func(*edit) error {
	return func(e *edit) error {
		spec, err := e.group()
		if err == nil {
			err = e.wanted()
		}
		if err != nil {
			return err
		}
		for _, rule := range e.call.Want.Spec.(*schema.SecurityGroupSpec).Rules {
			if rule.Direction != direction || slices.Contains(spec.Rules, rule) {
				continue
			}
			peer := schema.Ref{Kind: schema.KindSecurityGroup, Name: rule.Peer.SecurityGroup}
			if peer.Name != "" && e.Get(peer) == nil {
				return e.refuse(noGroup, "there is no %s", peer)
			}
			spec.Rules = append(spec.Rules, rule)
		}
		e.set(e.call.Target, &spec, nil)
		return nil
	}
}

// revoke answers the call that removes the rules of one direction that are no
// longer asked for, all of them where the group itself is not.
func revoke(direction string) func(*edit) error {
	return func(e *edit) error {
		spec, err := e.group()
		if err != nil {
			return err
		}
		var want []schema.SecurityRule
		if e.call.Want != nil {
			want = e.call.Want.Spec.(*schema.SecurityGroupSpec).Rules
		}
		spec.Rules = slices.DeleteFunc(spec.Rules, func(r schema.SecurityRule) bool {
			return r.Direction == direction && !slices.Contains(want, r)
		})
		e.set(e.call.Target, &spec, nil)
		return nil
	}
}

// member refuses groups that an interface in the VPC ("" for classic) cannot be
// in: other VPCs' ones, too many, none. Document A 4.1, 4.2.
func (e *edit) member(groups []string, vpc string) error {
	most, none := 5, "MissingParameter"
	if e.provider == schema.AWS {
		most, none = 16, "InvalidParameterValue"
	}
	switch {
	case vpc == "":
	case len(groups) == 0:
		return e.refuse(codes{none, none}, "an interface is in at least one security group")
	case len(groups) > most:
		return e.refuse(codes{"SecurityGroupInstanceLimitExceed", "SecurityGroupsPerInterfaceLimitExceeded"},
			"an interface is in at most %d security groups, not %d", most, len(groups))
	}
	for _, name := range groups {
		r := e.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: name})
		if r == nil {
			return e.refuse(noGroup, "there is no security group %s", name)
		}
		if in := r.Spec.(*schema.SecurityGroupSpec).VPC; in != vpc {
			return e.refuse(codes{"InvalidSecurityGroupId.NotVpc", "InvalidParameterValue"}, "security group %s is in VPC %q, not in %q", name, in, vpc)
		}
	}
	return nil
}
