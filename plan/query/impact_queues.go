package query

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"enid/schema"
)

// queues finds the settings of queues that change on machines. What goes is not told:
// an interface takes its settings along, and a Host's are left as they are.
func (c *comparison) queues(i *Impact) {
	hosts := map[string]bool{}
	touched := map[string]bool{} // instances
	instances, _ := c.machinesChanged()
	for _, name := range instances {
		touched[name] = true
	}
	for _, q := range c.sides {
		for _, r := range q.OfKind(schema.KindHost) {
			if c.changed[r.Ref] || touched[specOf[*schema.HostSpec](r).Instance] {
				hosts[r.Name] = true
			}
		}
	}
	for name := range hosts {
		var set [2]map[setting]string
		for side, q := range c.sides {
			set[side] = q.steering(name)
		}
		for at, is := range set[after] {
			if one := c.queue(name, at, set[before][at], is); one != nil {
				i.Queues = append(i.Queues, *one)
			}
		}
	}
	slices.SortFunc(i.Queues, func(a, b QueueChange) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.On, b.On), cmp.Compare(a.Setting, b.Setting))
	})
}

// setting is one that an interface has; on is ENI/NAME, primary, or empty for the machine.
type setting struct{ on, name string }

// steering answers the settings of a Host's interfaces, in the words of documents.
func (q *topology) steering(name string) map[setting]string {
	spec := specOf[*schema.HostSpec](q.Get(schema.Ref{Kind: schema.KindHost, Name: name}))
	if spec == nil {
		return nil
	}
	set := map[setting]string{{"", "rfs"}: rfsText(spec.RFS)}
	put := func(on string, own *schema.ENIGuest) {
		if own == nil {
			own = &schema.ENIGuest{}
		}
		g := spec.Steering(*own)
		set[setting{on, "queues"}], set[setting{on, "rps"}], set[setting{on, "xps"}] = queuesText(g.Queues), rpsText(g.RPS), g.XPS
	}
	put("primary", nil)
	for _, r := range q.enis(spec.Instance) {
		put(r.String(), specOf[*schema.ENISpec](r).Guest)
	}
	return set
}

// queue answers a setting that differs, nil for one that does not. What comes
// unmanaged is no change; auto differs where the type lets another number be.
func (c *comparison) queue(host string, at setting, was, is string) *QueueChange {
	one := &QueueChange{Host: "Host/" + host, On: at.on, Setting: at.name, Before: was, After: is}
	most := [2]int{c.mostQueues(before, host), c.mostQueues(after, host)}
	if at.name == "queues" && is == "auto" && most[after] > 0 {
		one.Detail = fmt.Sprintf("at most %d by its type", most[after])
		if was == "auto" && most[before] > 0 && most[before] != most[after] {
			one.Detail += fmt.Sprintf(", %d before", most[before])
			return one
		}
	}
	if was == is || was == "" && is == "unmanaged" {
		return nil
	}
	return one
}

// mostQueues answers the most queues that auto can become by the type of a Host's
// instance: not more than an ENI has, nor than there are CPUs; 0: not known.
func (c *comparison) mostQueues(side int, host string) int {
	spec := specOf[*schema.HostSpec](c.sides[side].Get(schema.Ref{Kind: schema.KindHost, Name: host}))
	if spec == nil {
		return 0
	}
	t, _ := c.sides[side].typeOf(spec.Instance)
	most := cmp.Or(t.MaxQueues, t.Queues)
	if t.VCPU > 0 && most > t.VCPU {
		return t.VCPU
	}
	return most
}

func queuesText(q schema.Queues) string {
	switch {
	case q.Auto:
		return "auto"
	case q.Unmanaged:
		return "unmanaged"
	}
	return strconv.Itoa(q.Count)
}

func rpsText(r schema.RPS) string {
	if r.Mode == "mask" {
		return "mask " + r.Mask
	}
	return r.Mode
}

func rfsText(r schema.RFS) string {
	switch {
	case r.Off:
		return "off"
	case r.Unmanaged || r.Entries == 0:
		return "unmanaged"
	}
	return strconv.Itoa(r.Entries)
}
