package query

import (
	"fmt"
	"slices"

	"enid/schema"
)

// The rules of reachability.
const (
	ruleSameGroup    = "reach.same-vpc-same-group"
	ruleOtherGroup   = "reach.same-vpc-other-group"
	ruleOtherVPC     = "reach.other-vpc"
	ruleClassicSame  = "reach.classic-same-group"
	ruleClassicOther = "reach.classic-other"
	ruleClassicVPC   = "reach.classic-vpc"
	ruleAWS          = "reach.aws"
	ruleBandwidth    = "reach.bandwidth"
	ruleServices     = "reach.services"
	ruleSSH          = "ssh.path"
)

// way is how the networks of two interfaces are joined, and what decides then.
type way struct {
	rule   string
	reason string
	joined bool       // the groups decide; without it nothing gets through
	shared string     // the group in common that lets all in by default; "": none
	via    schema.Ref // the resource that joins the networks; zero: none is needed
	asks   *Change    // what would join them; nil: they are, or nothing would
	clouds [2]schema.Provider
}

// way answers which rule of the catalogue two interfaces fall under.
func (q *topology) way(a, b *machine, from, to Interface) (w way) {
	switch {
	case a.vpc != nil && b.vpc != nil && a.vpc.Ref == b.vpc.Ref:
		w = sameVPC(a, from, to)
	case a.vpc != nil && b.vpc != nil:
		w = q.otherVPC(a, b)
	case a.vpc == nil && b.vpc == nil:
		w = classic(a, b, from, to)
	case a.vpc == nil:
		w = q.classicVPC(a, b)
	default:
		w = q.classicVPC(b, a)
	}
	w.clouds = [2]schema.Provider{a.cloud, b.cloud}
	return w
}

// common answers the first group that both are in, "" for none.
func common(a, b Interface) string {
	for _, g := range a.SecurityGroups {
		if slices.Contains(b.SecurityGroups, g) {
			return g
		}
	}
	return ""
}

func sameVPC(a *machine, from, to Interface) way {
	group := common(from, to)
	switch {
	case a.cloud == schema.AWS:
		return way{rule: ruleAWS, joined: true,
			reason: fmt.Sprintf("both are in %s: what the sender's groups let out and the receiver's let in gets through", a.vpc)}
	case group != "":
		return way{rule: ruleSameGroup, joined: true, shared: group,
			reason: fmt.Sprintf("both are in %s and in SecurityGroup/%s: reachable by default", a.vpc, group)}
	}
	return way{rule: ruleOtherGroup, joined: true,
		reason: fmt.Sprintf("both are in %s, in no group together: each side must authorize the other", a.vpc)}
}

// otherVPC is way for different VPCs, whatever their regions and accounts.
func (q *topology) otherVPC(a, b *machine) way {
	if r := q.peering(a.vpc.Name, b.vpc.Name); r != nil {
		w := way{rule: ruleOtherVPC, joined: true, via: r.Ref,
			reason: fmt.Sprintf("%s joins %s and %s: the groups decide", r, a.vpc, b.vpc)}
		if a.cloud == schema.AWS && b.cloud == schema.AWS {
			w.rule = ruleAWS
		}
		return w
	}
	if a.cloud != b.cloud {
		return way{rule: ruleOtherVPC, reason: fmt.Sprintf("%s and %s are in different clouds", a.vpc, b.vpc)}
	}
	return way{rule: ruleOtherVPC, reason: fmt.Sprintf("%s and %s are not joined by a Peering", a.vpc, b.vpc),
		asks: &Change{Target: string(schema.KindPeering), Path: "spec.vpcs",
			Do: fmt.Sprintf("add a Peering with vpcs: [%s, %s]", a.vpc.Name, b.vpc.Name)}}
}

func classic(a, b *machine, from, to Interface) way {
	group := common(from, to)
	switch {
	case a.region != b.region:
		return way{rule: ruleClassicOther,
			reason: fmt.Sprintf("both are classic, in the regions %s and %s: the intranet ends at the region", a.region, b.region)}
	case a.account == b.account && group != "":
		return way{rule: ruleClassicSame, joined: true, shared: group,
			reason: fmt.Sprintf("both are classic, in one account, region and in SecurityGroup/%s: reachable by default", group)}
	case a.account == b.account:
		return way{rule: ruleClassicOther, joined: true,
			reason: "both are classic, of one account and in no group together: each group must authorize the other"}
	}
	return way{rule: ruleClassicOther, joined: true,
		reason: fmt.Sprintf("both are classic, of the accounts %s and %s: each group must authorize the other", a.account, b.account)}
}

// classicVPC is way for a classic instance and one in a VPC.
func (q *topology) classicVPC(old, inVPC *machine) way {
	for _, r := range q.classicLinks(old.Name) {
		if link := specOf[*schema.ClassicLinkSpec](r); link.Instance == old.Name && link.VPC == inVPC.vpc.Name {
			return way{rule: ruleClassicVPC, joined: true, via: r.Ref,
				reason: fmt.Sprintf("%s joins %s to %s: the groups decide", r, old, inVPC.vpc)}
		}
	}
	return way{rule: ruleClassicVPC,
		reason: fmt.Sprintf("%s is classic, and no ClassicLink joins it to %s", old, inVPC.vpc),
		asks: &Change{Target: string(schema.KindClassicLink), Path: "spec",
			Do: fmt.Sprintf("add a ClassicLink with instance: %s and vpc: %s", old.Name, inVPC.vpc.Name)}}
}
