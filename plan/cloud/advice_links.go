package cloud

import (
	"strings"

	"enid/plan"
	"enid/schema"
)

// adviceLinksRules are the rows of the catalogue that this file is about.
var adviceLinksRules = []schema.Rule{
	{ID: "instance.key-pair.ssm", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "An instance that is reached through Session Manager needs no key pair.",
		Source: "B 01-02"},
	{ID: "instance.drain.redundancy", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "Downtime is hidden only if the target group keeps another target.",
		Source: "B 01-02"},
	{ID: "instance.retirement.notice", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "An instance whose host is to be retired is named in every plan until it was relocated.",
		Source: "B 01-02"},
	{ID: "ssm.endpoints", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "Session Manager in a VPC needs the interface endpoints ec2messages, ssm and ssmmessages, and the agent on a custom image.",
		Source: "B 03-02",
		Note:   "The source's ssmmessage is a slip."},
}

// retiring names every instance whose host goes, whatever a plan is about.
func (a *adviser) retiring() {
	for _, ref := range a.v.Members(plan.Term{Index: indexRetiring}) {
		from := "soon"
		if t := retirement(now(a.v, ref)).NotBefore; !t.IsZero() {
			from = "not before " + t.UTC().Format("2006-01-02T15:04:05Z")
		}
		a.advise("instance.retirement.notice", ref, "the host that it runs on is to be retired, %s: raise relocation, which stops and starts it; a reboot does not move it", from)
	}
}

// redundancy advises on a target group with one target that runs.
func (a *adviser) redundancy(group plan.Ref) {
	if targets := toServe(a.v, group); len(targets) == 1 {
		a.advise("instance.drain.redundancy", group, "%s is its only target that is to run: while it is stopped nobody takes the traffic", instanceRef(targets[0]))
	}
}

// served advises on the target groups of an instance.
func (a *adviser) served(ref plan.Ref) {
	for _, group := range a.v.Want.Members(plan.Term{Index: indexReferrers, Ref: ref}) {
		if group.Kind == schema.KindTargetGroup {
			a.redundancy(group)
		}
	}
}

// ssmServices are the interface endpoints that Session Manager needs. Document B 03-02.
var ssmServices = []string{"ec2messages", "ssm", "ssmmessages"}

// sessionManager advises on what an instance needs to be reached through Session Manager.
func (a *adviser) sessionManager(ref plan.Ref, want *schema.InstanceSpec) {
	if want.KeyPair != "" {
		a.advise("instance.key-pair.ssm", ref, "it is reached through Session Manager and needs no key pair")
	}
	if custom(a.v, want.Image) {
		a.advise("ssm.endpoints", ref, "its image %s is a custom one: the agent of Session Manager has to be on it", want.Image)
	}
	vpc := schema.VPCOf(inWant(a.v), wanted(a.v, ref))
	if vpc == nil {
		return
	}
	var there []string
	for _, other := range a.v.Want.Members(plan.Term{Index: indexReferrers, Ref: vpc.Ref}) {
		if s := spec[*schema.VPCEndpointSpec](wanted(a.v, other)); s != nil && s.Type == "Interface" {
			there = append(there, serviceOf(s))
		}
	}
	if lacks := missing(there, ssmServices); len(lacks) > 0 {
		a.advise("ssm.endpoints", ref, "Session Manager needs interface endpoints in %s, which lacks %s", vpc.Ref, strings.Join(lacks, ", "))
	}
}

// custom reports whether an image is made of an instance, or is the account's by its id.
func custom(v *plan.View, image string) bool {
	s := spec[*schema.ImageSpec](wanted(v, imageRef(image)))
	return strings.HasPrefix(image, "ami-") || s != nil && s.FromInstance != ""
}
