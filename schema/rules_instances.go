package schema

import (
	"fmt"
	"regexp"

	"enid/schema/tables"
)

var instanceRules = []invalidRule{
	{Rule{ID: "instance.type-grammar", Class: ClassInvalid, Cloud: "aws",
		Text:   "A name in the data is valid; any other matches <family><generation><attributes>.<size> and is the advice instance.type-unknown. a AMD, g Graviton, i Intel; other letters say nothing of the CPU.",
		Source: "B 01-02", Code: "InvalidParameterValue",
		Note: "24 of 1392 documented names do not match the source's grammar."}, checkTypes},
	{Rule{ID: "instance.type-image", Class: ClassInvalid, Cloud: "aws",
		Text:   "A CentOS 6 image cannot run on a type of the Nitro hypervisor (t3.small among them).",
		Source: "B 01-02; public", Note: "Nitro needs the ENA and NVMe drivers."}, checkTypeImage},
	{Rule{ID: "instance.credits", Class: ClassInvalid, Cloud: "aws",
		Text:   "A credit specification only on burstable types.",
		Source: "B 01-02; public", Code: "InstanceCreditSpecification.NotSupported"}, checkCredits},
	{Rule{ID: "instance.termination-protection", Class: ClassInvalid, Cloud: "aws",
		Text:   "Must be on (default on); off is an error unless a Policy relaxes it.",
		Source: "B 01-02", Note: "The cloud's own default is off."}, checkProtection},
	{Rule{ID: "instance.type-unknown", Class: ClassAdvice, Cloud: "any",
		Text:   "The type is not in the tables: limits cannot be checked.",
		Source: "B 01-02"}, nil}, // by checkTypes
}

var (
	awsType   = regexp.MustCompile(`^[a-z]{1,5}[0-9]{1,2}[a-z]*(-[a-z0-9]+)*\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)$`)
	burstable = regexp.MustCompile(`^t[0-9]`)
	version6  = regexp.MustCompile(`^6([.-]|$)`)
	anImage   = regexp.MustCompile(`^((amazon-linux|centos|debian|ubuntu|sles|windows)-[0-9a-z][0-9a-z._-]*|(ami|m)-[0-9a-z]+)$`)
)

func checkTypes(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		provider := j.Provider(r)
		if provider == "" {
			return
		}
		if _, known := tables.Lookup(string(provider), s.Type); known {
			return
		}
		if provider == AWS && !awsType.MatchString(s.Type) {
			j.find(r, "spec.type", fmt.Sprintf("%s is no instance type", shown(s.Type)),
				"<family><generation><attributes>.<size>, such as m5.large or c6gn.2xlarge")
			return
		}
		j.advise(r, "spec.type", fmt.Sprintf("the type %s is not in the tables, so that its limits cannot be checked", shown(s.Type)),
			"a documented type, or this one at your own risk", "instance.type-unknown")
	})
}

func checkTypeImage(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		family, version := j.osOf(s)
		if family != "centos" || !version6.MatchString(version) || j.Provider(r) != AWS {
			return
		}
		if t, ok := tables.Lookup(string(AWS), s.Type); ok && t.Nitro {
			j.find(r, "spec.image", fmt.Sprintf("%s, of CentOS 6, cannot run on %s, a type of the Nitro hypervisor", s.Image, s.Type),
				"a newer image, or a type of the Xen hypervisor such as t2.small")
		}
	})
}

// checkCredits takes a type that is not in the tables for burstable where its
// family's letter says so.
func checkCredits(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.CreditSpecification == "" || j.Provider(r) != AWS {
			return
		}
		t, known := tables.Lookup(string(AWS), s.Type)
		if t.Burstable || !known && burstable.MatchString(s.Type) {
			return
		}
		j.find(r, "spec.creditSpecification", fmt.Sprintf("%s is not burstable", s.Type), "a burstable type: t2, t3, t3a or t4g")
	})
}

func checkProtection(j *joined) {
	var policies *policyIndex
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.TerminationProtection == nil || *s.TerminationProtection || j.Provider(r) != AWS {
			return
		}
		if policies == nil {
			policies = indexPolicies(j)
		}
		if !policies.all(r, func(p *PolicySpec) bool { return p.AllowUnprotected }) {
			j.find(r, "spec.terminationProtection", "termination protection is off",
				"true, or a Policy with allowUnprotected: true (every Policy that selects the instance must have it)")
		}
	})
}

// policyIndex answers which policies select a resource without looking at all.
type policyIndex struct {
	everything []*PolicySpec
	byLabel    map[[2]string][]*PolicySpec // under the first label of each
}

func indexPolicies(j *joined) *policyIndex {
	x := &policyIndex{byLabel: map[[2]string][]*PolicySpec{}}
	each(j, KindPolicy, func(_ *Resource, s *PolicySpec) {
		var first [2]string
		for k, v := range s.Selector.Labels {
			if first[0] == "" || k < first[0] {
				first = [2]string{k, v}
			}
		}
		if first[0] == "" {
			x.everything = append(x.everything, s)
			return
		}
		x.byLabel[first] = append(x.byLabel[first], s)
	})
	return x
}

// all reports whether some policy selects r and all that do satisfy ok.
func (x *policyIndex) all(r *Resource, ok func(*PolicySpec) bool) bool {
	some := false
	judge := func(list []*PolicySpec) bool {
		for _, p := range list {
			if p.Selector.Matches(r.Labels) {
				some = true
				if !ok(p) {
					return false
				}
			}
		}
		return true
	}
	if !judge(x.everything) {
		return false
	}
	for k, v := range r.Labels {
		if !judge(x.byLabel[[2]string{k, v}]) {
			return false
		}
	}
	return some
}
