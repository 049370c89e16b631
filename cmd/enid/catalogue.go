package main

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"enid/plan/cloud"
	"enid/plan/guest"
	queries "enid/plan/query"
	"enid/schema"
)

// ruleTables are the tables that the catalogue is joined of: each package that
// checks, plans or answers has the rows of what it does.
var ruleTables = []func() []schema.Rule{schema.Rules, cloud.Rules, guest.Rules, queries.Rules}

// section is a chapter of the catalogue: the rules whose ids begin with one of
// its words.
type section struct {
	title string
	words []string
}

// sections are in the order in which people read: from networks over addresses,
// interfaces and instances to the host. Which section a rule is in follows from
// its id alone; within a section rules are sorted by id.
var sections = []section{
	{"Networks and addresses", []string{"classic", "network-type", "private-ip", "subnet", "vpc", "ipv6", "group", "cloud"}},
	{"Public addresses", []string{"public-ip", "eip", "ec2"}},
	{"Intranet reachability", []string{"reach", "ssh", "peering", "classic-link"}},
	{"Elastic network interfaces", []string{"eni", "mirror", "traffic-mirror", "vpc-endpoint"}},
	{"Private addresses in blocks", []string{"ip", "prefix", "reservation", "cidr"}},
	{"Instances", []string{"instance", "target-group", "key-pair", "ssm"}},
	{"Images, volumes, snapshots", []string{"image", "volume", "snapshot"}},
	{"The local host", []string{"host", "mq"}},
	{"Policies and plans", []string{"policy", "plan", "delete", "state"}},
}

// sectionOf answers the number of a rule's section, len(sections) for none.
func sectionOf(id string) int {
	word, _, _ := strings.Cut(id, ".")
	i := slices.IndexFunc(sections, func(s section) bool { return slices.Contains(s.words, word) })
	if i < 0 {
		return len(sections)
	}
	return i
}

// sectionTitle answers the title of a rule's section.
func sectionTitle(id string) string {
	if i := sectionOf(id); i < len(sections) {
		return sections[i].title
	}
	return "Further rules"
}

// catalogue answers every rule that enid knows, each once, by section and id.
func catalogue() []schema.Rule { return slices.Clone(joinedRules()) }

var joinedRules = sync.OnceValue(func() (all []schema.Rule) {
	for _, rules := range ruleTables {
		all = append(all, rules()...)
	}
	slices.SortStableFunc(all, func(a, b schema.Rule) int {
		return cmp.Or(cmp.Compare(sectionOf(a.ID), sectionOf(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all
})

// ruleByID answers the rule of that id.
func ruleByID(id string) (schema.Rule, bool) {
	all := joinedRules()
	i := slices.IndexFunc(all, func(r schema.Rule) bool { return r.ID == id })
	if i < 0 {
		return schema.Rule{}, false
	}
	return all[i], true
}

// classMeanings say what rules of a class do to a plan, in the catalogue's order.
var classMeanings = []struct {
	class   schema.Class
	meaning string
}{
	{schema.ClassInvalid, "wrong by the files alone: validate reports it, and nothing is planned"},
	{schema.ClassPrecondition, "has to hold where the step runs, or the step is blocked and never attempted"},
	{schema.ClassLimit, "a precondition that counts"},
	{schema.ClassIrreversible, "cannot be undone: runs only with an Approval that names it"},
	{schema.ClassReplace, "served by deleting and creating anew: needs an Approval of replace"},
	{schema.ClassEffect, "what an operation changes besides: listed with the step"},
	{schema.ClassPolicy, "what people decided in the files, or the plan itself"},
	{schema.ClassAdvice, "a warning: never stops a plan"},
	{schema.ClassHost, "of the local host's convergence"},
	{schema.ClassQuery, "answered by a command"},
}

func meaningOf(c schema.Class) string {
	for _, m := range classMeanings {
		if m.class == c {
			return m.meaning
		}
	}
	return ""
}

// classNames answers the classes that there are.
func classNames() (names []string) {
	for _, m := range classMeanings {
		names = append(names, string(m.class))
	}
	return names
}
