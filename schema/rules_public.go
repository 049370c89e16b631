package schema

import (
	"fmt"
	"net/netip"
)

var publicAddressRules = []invalidRule{
	{Rule{ID: "public-ip.xor-eip", Class: ClassInvalid, Cloud: "alibaba",
		Text:   "An instance declares a NAT public IP or an EIP, never both. EIP.convertFrom: X beside X.publicIP is this error; the commit that adds convertFrom drops publicIP, which the conversion serves.",
		Source: "A 2.1, 3.3", Code: "InvalidInstance.EipNotSupport"}, checkPublicXorEIP},
	{Rule{ID: "eip.bind.single", Class: ClassInvalid, Cloud: "any",
		Text:   "An EIP is bound to at most one target; an Alibaba instance takes one EIP, an AWS ENI one for each private address.",
		Source: "A 2.1, B 04; public", Code: "InvalidAssociation.Duplicated"}, checkBindSingle},
	{Rule{ID: "eip.bind.same-region", Class: ClassInvalid, Cloud: "alibaba",
		Text:   "An EIP and its target are in the same region.",
		Source: "A 2.1", Code: "InvalidParameter.Mismatch"}, checkBindRegion},
}

// checkPublicXorEIP takes a bandwidth of 0 for what it is: a release.
func checkPublicXorEIP(j *joined) {
	public := func(name string) bool {
		s := specOf[*InstanceSpec](j, KindInstance, name)
		return s != nil && s.PublicIP != nil && (s.PublicIP.BandwidthMbps == nil || *s.PublicIP.BandwidthMbps > 0) &&
			j.Provider(j.Get(Ref{KindInstance, name})) == Alibaba
	}
	const allowed = "either publicIP in the instance or an EIP; a conversion drops publicIP in the same commit"
	each(j, KindEIP, func(r *Resource, s *EIPSpec) {
		if s.BindTo != nil && public(s.BindTo.Instance) {
			j.find(r, "spec.bindTo.instance", fmt.Sprintf("Instance/%s declares a NAT public IP itself (spec.publicIP)", s.BindTo.Instance), allowed)
		}
		if s.ConvertFrom != nil && public(s.ConvertFrom.Instance) {
			j.find(r, "spec.convertFrom.instance", fmt.Sprintf("Instance/%s still declares the NAT public IP (spec.publicIP)", s.ConvertFrom.Instance), allowed)
		}
	})
}

// checkBindSingle takes the primary address of an ENI as the same target
// whether it is named or not.
func checkBindSingle(j *joined) {
	type target struct {
		ref  Ref
		addr netip.Addr // of an ENI; zero: its primary one
	}
	bound := claims[target]{}
	const allowed = "one EIP for an instance, one for each private address of an ENI"
	each(j, KindEIP, func(r *Resource, s *EIPSpec) {
		switch {
		case s.BindTo != nil && s.BindTo.Instance != "":
			to := Ref{KindInstance, s.BindTo.Instance}
			bound.take(j, target{ref: to}, r, "spec.bindTo.instance", to.String()+" has two EIPs", allowed)
		case s.BindTo != nil:
			to := target{Ref{KindENI, s.BindTo.ENI}, s.BindTo.PrivateIP}
			if eni := specOf[*ENISpec](j, KindENI, s.BindTo.ENI); eni != nil && eni.PrivateIP == to.addr {
				to.addr = netip.Addr{}
			}
			bound.take(j, to, r, "spec.bindTo.eni", to.ref.String()+" has two EIPs for one address", allowed)
		case s.ConvertFrom != nil:
			to := Ref{KindInstance, s.ConvertFrom.Instance}
			bound.take(j, target{ref: to}, r, "spec.convertFrom.instance", to.String()+" has two EIPs", allowed)
		}
	})
}

func checkBindRegion(j *joined) {
	each(j, KindEIP, func(r *Resource, s *EIPSpec) {
		if j.Provider(r) != Alibaba {
			return
		}
		for _, field := range s.References() {
			if field.Ref.Kind == KindAccount {
				continue
			}
			to := j.Get(field.Ref)
			if region := j.Region(to); region != "" && region != s.Region {
				j.find(r, field.Path, fmt.Sprintf("%s is in %s, the EIP in %s", field.Ref, region, s.Region), "a target in "+s.Region)
			}
		}
	})
}
