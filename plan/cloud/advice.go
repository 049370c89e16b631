package cloud

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// adviceRules are the rows of the catalogue that this file is about.
var adviceRules = []schema.Rule{
	{ID: "eni.no-bandwidth-gain", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "Several ENIs do not raise an instance's bandwidth, which its type decides.",
		Source: "A 4.1"},
	{ID: "eni.guest-unmanaged", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "Only images of CentOS 6.8 and 7.3 (64 bit) and Windows Server 2012 R2 and 2016 set a new ENI up by themselves; on any other it stays dead unless a Host manages it.",
		Source: "A 4.3, 4.4",
		Note:   "Newer images do as well, by the cloud's later documents."},
	{ID: "eni.separate-traffic", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "Management and business traffic are separated by ENI, each with groups of its own.",
		Source: "A 4.1"},
	{ID: "network-type.choice", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "A VPC is recommended where security matters; the recommendation of the classic network is void for new instances.",
		Source: "A 1"},
	{ID: "public-ip.choose", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "An address that is to be kept or moved should be an EIP.",
		Source: "A 2.1"},
}

// Advise answers what is worth knowing of what a plan touches: targets are those
// of its steps, v is the world from which it starts. The answer is sorted, each
// advice once.
func Advise(v *plan.View, targets []plan.Ref) []plan.Advice {
	a := &adviser{v: v, said: map[plan.Advice]bool{}}
	a.retiring()
	for _, ref := range targets {
		switch ref.Kind {
		case schema.KindInstance:
			a.instance(ref)
		case schema.KindENI:
			a.eni(ref)
		case schema.KindTargetGroup:
			a.redundancy(ref)
		case schema.KindVolume:
			a.volume(ref)
		case schema.KindImage:
			a.image(ref)
		case schema.KindSnapshot:
			a.snapshot(ref)
		}
	}
	out := make([]plan.Advice, 0, len(a.said))
	for one := range a.said {
		out = append(out, one)
	}
	slices.SortFunc(out, func(x, y plan.Advice) int {
		return cmp.Or(compare(x.Target, y.Target), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Detail, y.Detail))
	})
	return out
}

type adviser struct {
	v    *plan.View
	said map[plan.Advice]bool
}

func (a *adviser) advise(rule string, target plan.Ref, format string, args ...any) {
	a.said[plan.Advice{Rule: rule, Target: target, Detail: fmt.Sprintf(format, args...)}] = true
}

// instance advises on an instance, and on what a plan that deletes it loses.
func (a *adviser) instance(ref plan.Ref) {
	want, r := spec[*schema.InstanceSpec](wanted(a.v, ref)), now(a.v, ref)
	aws := is(a.v, ref, schema.AWS)
	if r != nil && !aws && instanceStatus(r).PublicIP != nil && (want == nil || len(instanceFixed(a.v, ref)) > 0) {
		how := " (convertFrom makes one of it)"
		if classic(spec[*schema.InstanceSpec](r)) {
			how = ", which a classic instance's address never becomes"
		}
		a.advise("public-ip.choose", ref, "its public address would be lost with it: what is to be kept should be an EIP%s", how)
	}
	if want == nil {
		return
	}
	a.typeKnown(ref, want)
	if aws {
		a.rootVolume(ref, want)
	} else {
		a.windowsQueues(ref, want)
	}
	if classic(want) {
		a.advise("network-type.choice", ref, "a VPC is recommended: its network is isolated, and new instances cannot be classic")
	}
	if aws && want.RootDevice == "instance-store" {
		a.advise("instance.store-root", ref, "its root is an instance store: it cannot be stopped, and its data goes with it")
	}
	a.served(ref)
	if want.SessionManager {
		a.sessionManager(ref, want)
	}
}

func (a *adviser) typeKnown(ref plan.Ref, want *schema.InstanceSpec) {
	if _, known := tables.Lookup(string(provider(a.v, ref)), want.Type); !known {
		a.advise("instance.type-unknown", ref, "the type %s is not in the tables, so that its limits cannot be checked", want.Type)
	}
}

// eni advises on an ENI and on the instance that it is attached to.
func (a *adviser) eni(ref plan.Ref) {
	eni := spec[*schema.ENISpec](wanted(a.v, ref))
	if eni == nil || eni.AttachTo == nil {
		return
	}
	at := instanceRef(eni.AttachTo.Instance)
	instance := spec[*schema.InstanceSpec](wanted(a.v, at))
	if instance == nil {
		return
	}
	a.typeKnown(at, instance)
	if is(a.v, ref, schema.AWS) {
		return
	}
	a.advise("eni.no-bandwidth-gain", at, "several ENIs do not raise its bandwidth, which the type %s decides", instance.Type)
	if !a.managed(at, eni) && !configuresItself.MatchString(instance.Image) {
		a.advise("eni.guest-unmanaged", ref, "the image %s of %s does not set a new ENI up by itself, and no Host manages it: it would stay dead", instance.Image, at)
	}
	if a.sharesGroups(at, instance) {
		a.advise("eni.separate-traffic", at, "its ENIs are all in the same groups: management and business traffic are better kept apart")
	}
}

// configuresItself are the images on which a new ENI needs no configuration in
// the guest. Document A 4.3, 4.4.
var configuresItself = regexp.MustCompile(`^(centos-(6\.8|7\.3)(-64)?|windows-(2012-?r2|2016)(-.*)?)$`)

// managed reports whether a Host sets the ENI up in the guest.
func (a *adviser) managed(instance plan.Ref, eni *schema.ENISpec) bool {
	if eni.Guest != nil && eni.Guest.Addressing == "none" {
		return false
	}
	return a.v.Want.Count(plan.Term{Index: indexHosts, Ref: instance}) > 0
}

// sharesGroups reports whether all ENIs of an instance, the primary included, are
// in the same groups.
func (a *adviser) sharesGroups(at plan.Ref, instance *schema.InstanceSpec) bool {
	for _, ref := range a.v.Want.Members(plan.Term{Index: indexENIs, Ref: at}) {
		if eni := spec[*schema.ENISpec](wanted(a.v, ref)); eni != nil && !sameSet(eni.SecurityGroups, instance.SecurityGroups) {
			return false
		}
	}
	return true
}
