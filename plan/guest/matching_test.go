package guest

import (
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

func TestMatching(t *testing.T) {
	world := func(hosts map[string]schema.HostMatch) *plan.World {
		w := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, len(hosts))
		for name, m := range hosts {
			r := &schema.Resource{Ref: schema.Ref{Kind: schema.KindHost, Name: name}, Spec: &schema.HostSpec{Instance: name, Match: m}}
			w.Put(r.Ref, r)
		}
		return w
	}
	const id = "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		hosts          map[string]schema.HostMatch
		hostname, want string // a want with a space is of the error
	}{
		{map[string]schema.HostMatch{"web-1": {}, "web-2": {}}, "web-1", "web-1"},
		{map[string]schema.HostMatch{"web-1": {}, "web-2": {}}, "Web-2.example.com", "web-2"},
		{map[string]schema.HostMatch{"web-1": {}}, "web-10", "no Host fits"},
		{map[string]schema.HostMatch{}, "web-1", "no Host fits"},
		{map[string]schema.HostMatch{"a": {Hostname: "web-1"}, "web-1": {Hostname: "other"}}, "web-1", "a"},
		{map[string]schema.HostMatch{"a": {Hostname: "web-1"}, "web-1": {}}, "web-1", "several Hosts fit this machine, whose hostname is web-1: a, web-1"},
		{map[string]schema.HostMatch{"a": {MachineID: strings.ToUpper(id)}, "b": {}}, "web-1", "a"},
		{map[string]schema.HostMatch{"web-1": {MachineID: "ffffffffffffffffffffffffffffffff"}}, "web-1", "no Host fits"},
		{map[string]schema.HostMatch{"a": {Hostname: "web-1", MachineID: id}}, "web-2", "no Host fits"},
		{map[string]schema.HostMatch{"a": {Hostname: "web-1", MachineID: id}}, "web-1.example.com", "a"},
	} {
		got, err := Matching(world(c.hosts), c.hostname, id)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && !(strings.Contains(c.want, " ") && strings.Contains(got, c.want)) {
			t.Errorf("%v as %s: %s, wanted %s", c.hosts, c.hostname, got, c.want)
		}
	}
}
