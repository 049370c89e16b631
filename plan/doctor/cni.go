package doctor

import (
	"fmt"
	"strings"

	"enid/plan/guest"
	"enid/schema"
)

// plugin is a CNI plug-in that works on the machine's own NICs and rules.
type plugin struct {
	program, kind string // as a person knows it; "type" in its file
	process       string
	why           string
	remedy        []string
	severity      Severity
	removes       []schema.Kind
}

var plugins = []plugin{
	{"amazon-vpc-cni", "aws-cni", "aws-k8s-agent", "it attaches ENIs of its own and takes every ENI of the instance for one of them: it gives their addresses to pods, and its rules have the priorities 512, 1024 and 1536",
		[]string{"tag the ENIs of the topology in the cloud: node.k8s.amazonaws.com/no_manage=true", "kubectl -n kube-system rollout restart daemonset aws-node"},
		Warning, []schema.Kind{guest.KindRule, guest.KindRoute}},
	{"terway", "terway", "terwayd", "it attaches ENIs of its own, and uses the tables 1000 + interface index, rules of the priorities 512, 1536 and 2048",
		[]string{"tag the ENIs of the topology so that its eni_tag_filter leaves them out"},
		Info, []schema.Kind{guest.KindRule, guest.KindRoute}},
	{"cilium", "cilium-cni", "cilium-agent", "in its ENI mode it attaches ENIs of its own, with tables from 10 up and rules of the priorities 20 and 111",
		[]string{"leave the ENIs of the topology out with exclude-interface-tags of its eni settings"},
		Info, []schema.Kind{guest.KindRule}},
}

var cniChecks = []Check{
	{Name: "cni.plugin", Finds: "A CNI plug-in works on the machine's own NICs and rules.", Judge: cni, Files: []string{"/etc/cni/net.d/*"}, Processes: []string{"aws-k8s-agent", "terwayd", "cilium-agent"}},
	{Name: "cni.terway-tables", Finds: "terway's table of an interface is a table of enid's.", Judge: terwayTables, Files: []string{"/etc/cni/net.d/*"}, Processes: []string{"terwayd"}},
}

// find answers the evidence that a plug-in is there.
func (s *Seen) find(p plugin) (out []string) {
	if proc, runs := s.process(p.process); runs {
		out = append(out, proc.String())
	}
	for _, f := range s.matching("/etc/cni/net.d/*") {
		for n, line := range f.lines() {
			if strings.Contains(strings.ReplaceAll(line, " ", ""), `"type":"`+p.kind+`"`) {
				out = append(out, f.at(n, line))
				break
			}
		}
	}
	return out
}

func cni(s *Seen) (out []Finding) {
	for _, p := range plugins {
		if seen := s.find(p); len(seen) > 0 {
			out = append(out, Finding{Severity: p.severity, Program: p.program, Seen: seen, Why: p.why, Remedy: p.remedy, removes: p.removes})
		}
	}
	return out
}

// terwayTables: its table of an interface is 1000 + index, which is where enid's
// own begin by default.
func terwayTables(s *Seen) (out []Finding) {
	if s.Wanted == nil || len(s.find(plugins[1])) == 0 {
		return nil
	}
	for _, e := range s.Wanted.Host.ENIs {
		for _, l := range s.links() {
			if e.Guest.Table != 1000+l.Index {
				continue
			}
			out = append(out, Finding{Severity: Error, Program: "terway", Interface: l.Name,
				Seen:   append(s.find(plugins[1]), fmt.Sprintf("%s has the index %d", l.Name, l.Index)),
				Why:    fmt.Sprintf("terway's table of %s is %d, which is the table of %s: each would remove the other's routes", l.Name, e.Guest.Table, e.Ref),
				Remedy: []string{fmt.Sprintf("declare in Host/%s: spec.routing.tableBase: 5001", s.Wanted.Host.Name)}, removes: []schema.Kind{guest.KindRoute}})
		}
	}
	return out
}

// numberChecks judge who else uses the tables and rule priorities of enid.
var numberChecks = []Check{{Name: "numbers.shared", Finds: "Others have routes in enid's tables, or rules that look them up or share its priorities.", Judge: shared}}

// maxShared is how many foreign entries are named.
const maxShared = 5

func shared(s *Seen) (out []Finding) {
	if s.Wanted == nil {
		return nil
	}
	tables := map[uint32]bool{}
	for _, e := range s.Wanted.Host.ENIs {
		tables[uint32(e.Guest.Table)] = true
	}
	first := uint32(s.Wanted.Host.Spec.Routing.PriorityBase)
	last := first + 3*guest.Band - 1
	var routes, rules []string
	for _, ref := range s.World.Refs() {
		switch o := s.World.Get(ref).(type) {
		case guest.Route:
			if !o.Ours() && tables[o.Table] {
				routes = append(routes, fmt.Sprintf("ip route show table %d: %s", o.Table, o))
			}
		case guest.Rule:
			if !o.Ours() && (tables[o.Table] || o.Priority >= first && o.Priority <= last) {
				rules = append(rules, "ip rule: "+o.Numbered())
			}
		}
	}
	if len(routes) > 0 {
		out = append(out, Finding{Severity: Error, Seen: few(routes),
			Why:    "a table with somebody else's route is somebody else's: enid puts nothing there that is missing (host.table)",
			Remedy: []string{"remove the route, or declare another table: Host.spec.routing.tableBase, ENI.spec.guest.table"}})
	}
	if len(rules) > 0 {
		out = append(out, Finding{Severity: Warning, Seen: few(rules),
			Why:    fmt.Sprintf("somebody else's rule looks up a table of enid's, or has a priority of its bands (%d to %d): which of them counts depends on who came first", first, last),
			Remedy: []string{"remove the rule, or declare another band: Host.spec.routing.priorityBase"}})
	}
	return out
}

func few(lines []string) []string {
	if more := len(lines) - maxShared; more > 0 {
		return append(lines[:maxShared:maxShared], fmt.Sprintf("and %d more", more))
	}
	return lines
}
