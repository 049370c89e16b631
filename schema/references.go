package schema

import "fmt"

type refs []FieldRef

func (r *refs) add(path string, kind Kind, name string) {
	if name != "" {
		*r = append(*r, FieldRef{path, Ref{kind, name}})
	}
}

func (r *refs) all(path string, kind Kind, names []string) {
	for i, n := range names {
		r.add(fmt.Sprintf("%s[%d]", path, i), kind, n)
	}
}

func indexed(list string, i int, field string) string {
	return fmt.Sprintf("%s[%d].%s", list, i, field)
}

// Kind answers KindAccount.
func (*AccountSpec) Kind() Kind { return KindAccount }

// References answers none.
func (*AccountSpec) References() []FieldRef { return nil }

// Kind answers KindVPC.
func (*VPCSpec) Kind() Kind { return KindVPC }

// References answers the account.
func (s *VPCSpec) References() (r []FieldRef) {
	(*refs)(&r).add("spec.account", KindAccount, s.Account)
	return r
}

// Kind answers KindSubnet.
func (*SubnetSpec) Kind() Kind { return KindSubnet }

// References answers the VPC.
func (s *SubnetSpec) References() (r []FieldRef) {
	(*refs)(&r).add("spec.vpc", KindVPC, s.VPC)
	return r
}

// Kind answers KindSecurityGroup.
func (*SecurityGroupSpec) Kind() Kind { return KindSecurityGroup }

// References answers the VPC or account, and the groups that rules name.
func (s *SecurityGroupSpec) References() []FieldRef {
	var r refs
	r.add("spec.vpc", KindVPC, s.VPC)
	r.add("spec.account", KindAccount, s.Account)
	for i, rule := range s.Rules {
		r.add(fmt.Sprintf("spec.rules[%d].peer.securityGroup", i), KindSecurityGroup, rule.Peer.SecurityGroup)
		r.add(fmt.Sprintf("spec.rules[%d].peer.account", i), KindAccount, rule.Peer.Account)
	}
	return r
}

// Kind answers KindInstance.
func (*InstanceSpec) Kind() Kind { return KindInstance }

// References answers the subnet or account, the groups and the key pair.
func (s *InstanceSpec) References() []FieldRef {
	var r refs
	r.add("spec.subnet", KindSubnet, s.Subnet)
	r.add("spec.account", KindAccount, s.Account)
	r.all("spec.securityGroups", KindSecurityGroup, s.SecurityGroups)
	r.add("spec.keyPair", KindKeyPair, s.KeyPair)
	return r
}

// Kind answers KindENI.
func (*ENISpec) Kind() Kind { return KindENI }

// References answers the subnet, the groups and the instance.
func (s *ENISpec) References() []FieldRef {
	var r refs
	r.add("spec.subnet", KindSubnet, s.Subnet)
	r.all("spec.securityGroups", KindSecurityGroup, s.SecurityGroups)
	if s.AttachTo != nil {
		r.add("spec.attachTo.instance", KindInstance, s.AttachTo.Instance)
	}
	return r
}

// Kind answers KindEIP.
func (*EIPSpec) Kind() Kind { return KindEIP }

// References answers the account and what it is bound to or made of.
func (s *EIPSpec) References() []FieldRef {
	var r refs
	r.add("spec.account", KindAccount, s.Account)
	if s.BindTo != nil {
		r.add("spec.bindTo.instance", KindInstance, s.BindTo.Instance)
		r.add("spec.bindTo.eni", KindENI, s.BindTo.ENI)
	}
	if s.ConvertFrom != nil {
		r.add("spec.convertFrom.instance", KindInstance, s.ConvertFrom.Instance)
	}
	return r
}

// Kind answers KindHost.
func (*HostSpec) Kind() Kind { return KindHost }

// References answers the instance.
func (s *HostSpec) References() (r []FieldRef) {
	(*refs)(&r).add("spec.instance", KindInstance, s.Instance)
	return r
}

// Kind answers KindPolicy.
func (*PolicySpec) Kind() Kind { return KindPolicy }

// References answers none.
func (*PolicySpec) References() []FieldRef { return nil }

// Kind answers KindApproval.
func (*ApprovalSpec) Kind() Kind { return KindApproval }

// References answers none: an approval may name what no file declares.
func (*ApprovalSpec) References() []FieldRef { return nil }
