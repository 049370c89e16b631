package query

import (
	"fmt"
	"slices"
	"strings"

	"enid/schema"
)

// exposed answers what would cut off what reaches or is reached from the internet.
func exposed(pairs []Pair, asked services, inbound bool) (out []Change) {
	for _, p := range pairs {
		at := p.From
		if inbound {
			at = p.To
		}
		for _, r := range slices.Concat(p.There.ingress, p.There.egress) {
			through := r.services.and(asked)
			switch {
			case !r.allow || through.empty():
			case r.group != nil:
				out = append(out, Change{Target: r.group.String(), Path: r.path(), Source: sourceOf(r.group, r.path()),
					Do: "remove or narrow this rule, which lets " + words(through.list()) + " through"})
			case len(at.SecurityGroups) > 0:
				out = append(out, Change{Target: "SecurityGroup/" + at.SecurityGroups[0], Path: "spec.rules",
					Do: "add egress rules for what may leave, or ones that deny the rest: by default all may"})
			}
		}
	}
	return distinct(out)
}

// expose adds why the internet and an instance do not reach each other, and what
// would change it.
func (q *topology) expose(a *Answer, m *machine, public []Interface, inbound bool, asked services) {
	pairs := a.Pairs
	a.Reason = fmt.Sprintf("%s has a public address, but its security groups refuse the traffic", m)
	if len(public) == 0 {
		a.Reason = fmt.Sprintf("%s has no public address", m)
		if inbound && m.cloud == schema.AWS {
			a.Reason += ", and is not reached through Session Manager"
		}
		if m.vpc == nil {
			a.Reason += "; a classic instance takes no EIP"
			return
		}
		q.givePublic(a, m, inbound, asked)
		public = m.interfaces[:1]
		pairs = q.exposure(m, public[0], inbound, asked)
	}
	if len(pairs) == 0 || slices.ContainsFunc(pairs, func(p Pair) bool { return p.Reachable }) {
		return
	}
	direction, rulings := "egress", pairs[0].There.egress
	if inbound {
		direction, rulings = "ingress", pairs[0].There.ingress
	}
	a.Changes = distinct(append(a.Changes, q.letThrough(rulings, direction, public[0], "{cidr: 0.0.0.0/0}", asked)...))
}

// givePublic adds what would give an instance of a VPC a way from or to the internet.
func (q *topology) givePublic(a *Answer, m *machine, inbound bool, asked services) {
	a.Changes = append(a.Changes, Change{Target: string(schema.KindEIP), Path: "spec.bindTo",
		Do: fmt.Sprintf("add an EIP with region: %s and bindTo: {instance: %s}", m.region, m.Name)})
	if inbound && m.cloud == schema.AWS && !servicesOf("tcp", "22").and(asked).empty() {
		a.Changes = append(a.Changes, Change{Target: m.String(), Path: "spec.sessionManager",
			Do: "or set it to true: Session Manager needs no public address", Source: sourceOf(m.Resource, "spec")})
	}
}

// sessionServices are the services that Session Manager talks to. Document B 03-02.
var sessionServices = []string{"ec2messages", "ssm", "ssmmessages"}

// adviseSession names the endpoints that Session Manager lacks in the VPC.
func (q *topology) adviseSession(a *Answer, m *machine) {
	var missing []string
	for _, service := range sessionServices {
		if !slices.ContainsFunc(q.OfKind(schema.KindVPCEndpoint), func(r *schema.Resource) bool {
			spec := specOf[*schema.VPCEndpointSpec](r)
			return spec.VPC == m.vpc.Name && (spec.Service == service || strings.HasSuffix(spec.Service, "."+service)) && spec.Type != "Gateway"
		}) {
			missing = append(missing, service)
		}
	}
	if len(missing) > 0 {
		a.Advice = append(a.Advice, Advice{"ssm.endpoints", fmt.Sprintf(
			"%s has no interface endpoint for %s: Session Manager needs them where there is no other way out", m.vpc, strings.Join(missing, ", "))})
	}
}
