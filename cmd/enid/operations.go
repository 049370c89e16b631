package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/guest"
	"enid/schema"
)

// requiring answers the rows, of the clouds and of the host, that a rule can block.
func requiring(rule string) []*plan.Operation {
	return slices.DeleteFunc(allOperations(), func(op *plan.Operation) bool {
		return !slices.ContainsFunc(op.Requires, func(r plan.Requirement) bool { return r.Rule == rule })
	})
}

// noting answers the rows whose effects a rule describes, as far as cases show it.
func noting(rule string, c cases) []*plan.Operation {
	return slices.DeleteFunc(allOperations(), func(op *plan.Operation) bool {
		return !slices.Contains(c.Operations[op.ID].Effects, rule)
	})
}

// allOperations answers both tables, a copy.
func allOperations() []*plan.Operation {
	return slices.Concat(cloud.Domain().Operations, guest.Domain().Operations)
}

// operationsNamed answers the rows that go by a name: their own id, or what a
// cloud calls them, in any case.
func operationsNamed(name string, c cases) []*plan.Operation {
	return slices.DeleteFunc(allOperations(), func(op *plan.Operation) bool {
		return !strings.EqualFold(op.ID, name) && !slices.ContainsFunc(namesOf(op, c).all(), func(n string) bool { return strings.EqualFold(n, name) })
	})
}

// operationNames is what an operation is called.
type operationNames struct {
	Alibaba, AWS string   // "" where that cloud has no such resources
	Others       []string // what it is called besides, depending on what it is about
}

func (n operationNames) all() (names []string) {
	for _, name := range append([]string{n.Alibaba, n.AWS}, n.Others...) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// String answers the names, with their clouds where these differ.
func (n operationNames) String() string {
	if n.Alibaba == n.AWS || n.Alibaba == "" || n.AWS == "" {
		return strings.Join(n.all(), ", ")
	}
	text := n.Alibaba + " (Alibaba Cloud), " + n.AWS + " (AWS)"
	for _, other := range n.all()[2:] {
		text += ", " + other
	}
	return text
}

// namesOf answers what an operation is called: by the table for a specimen of its
// kind in each cloud, and in the cases.
func namesOf(op *plan.Operation, c cases) operationNames {
	n := tableNames()[op]
	n.Others = append(slices.Clone(n.Others), c.Operations[op.ID].Names...)
	return n
}

// tableNames answers what the tables call their operations.
var tableNames = sync.OnceValue(func() map[*plan.Operation]operationNames {
	names := map[*plan.Operation]operationNames{}
	for _, op := range cloud.Domain().Operations {
		var n operationNames
		if v, target := specimen(op.Kind, schema.Alibaba); v != nil {
			n.Alibaba = op.Name(v, target)
		}
		if v, target := specimen(op.Kind, schema.AWS); v != nil {
			n.AWS = op.Name(v, target)
		}
		names[op] = n
	}
	for _, op := range guest.Domain().Operations {
		names[op] = operationNames{Others: []string{op.ID}}
	}
	return names
})

// specimen answers a world in which a resource of the kind exists and is wanted,
// nil where that cloud has none.
func specimen(kind schema.Kind, on schema.Provider) (*plan.View, plan.Ref) {
	specs := map[schema.Kind]schema.Spec{
		schema.KindAccount:       &schema.AccountSpec{Provider: on},
		schema.KindVPC:           &schema.VPCSpec{Account: "a", Region: "r"},
		schema.KindSubnet:        &schema.SubnetSpec{VPC: "a", Zone: "r-a"},
		schema.KindSecurityGroup: &schema.SecurityGroupSpec{VPC: "a"},
		schema.KindInstance:      &schema.InstanceSpec{Subnet: "a"},
		schema.KindENI:           &schema.ENISpec{Subnet: "a"},
		schema.KindEIP:           &schema.EIPSpec{Account: "a", Region: "r"},
		schema.KindPeering:       &schema.PeeringSpec{VPCs: []string{"a", "a"}},
	}
	if on == schema.Alibaba {
		specs[schema.KindClassicLink] = &schema.ClassicLinkSpec{Instance: "a", VPC: "a"}
	} else {
		specs[schema.KindTargetGroup] = &schema.TargetGroupSpec{VPC: "a"}
		specs[schema.KindVPCEndpoint] = &schema.VPCEndpointSpec{VPC: "a"}
		specs[schema.KindTrafficMirror] = &schema.TrafficMirrorSpec{Source: schema.MirrorSource{ENI: "a"}}
		specs[schema.KindKeyPair] = &schema.KeyPairSpec{Account: "a", Region: "r"}
		specs[schema.KindImage] = &schema.ImageSpec{Account: "a", Region: "r"}
		specs[schema.KindVolume] = &schema.VolumeSpec{Account: "a", Zone: "r-a"}
		specs[schema.KindSnapshot] = &schema.SnapshotSpec{Of: schema.SnapshotOf{Volume: "a"}}
	}
	if specs[kind] == nil {
		return nil, plan.Ref{}
	}
	var resources []*schema.Resource
	for k, s := range specs {
		resources = append(resources, &schema.Resource{Ref: schema.Ref{Kind: k, Name: "a"}, Spec: s})
	}
	world := cloud.World(resources)
	return plan.NewView(world, world, time.Time{}), plan.Ref{Kind: kind, Name: "a"}
}

// requirement is a rule that an operation requires, with its error codes.
type requirement struct {
	Rule string `json:"rule"`
	// Codes are the clouds' error codes, by cloud; known ones only.
	Codes map[string]string `json:"codes,omitempty"`
}

// requirementsOf answers each rule that a row requires once, in the row's order.
func requirementsOf(op *plan.Operation) (out []requirement) {
	for _, r := range op.Requires {
		i := slices.IndexFunc(out, func(o requirement) bool { return o.Rule == r.Rule })
		if i < 0 {
			i, out = len(out), append(out, requirement{Rule: r.Rule})
		}
		for on, code := range r.Code {
			if code == "" {
				continue
			}
			if out[i].Codes == nil {
				out[i].Codes = map[string]string{}
			}
			if have := out[i].Codes[on]; have != "" && have != code {
				code = have + ", " + code
			}
			out[i].Codes[on] = code
		}
	}
	return out
}

// codes answers the error codes of a requirement in words, "" where none is known.
func (r requirement) codes() string {
	a, b := r.Codes[string(schema.Alibaba)], r.Codes[string(schema.AWS)]
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	}
	return fmt.Sprintf("%s (Alibaba Cloud), %s (AWS)", a, b)
}
