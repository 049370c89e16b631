package schema

import (
	"cmp"
	"fmt"
	"slices"
)

// Join makes one topology of files, and answers their findings and those that
// only show between resources: names used twice, references that lead nowhere,
// broken `invalid` rules. The files are not changed: what Join fills in, it
// fills into copies. The topology is nil only if no resource was read.
func Join(files []File) (*Topology, []Finding) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	j := &joined{}
	broken := map[Ref]bool{}
	var doubted []*Resource
	for i := range files {
		doubted = append(doubted, files[i].doubted...)
		j.findings = append(j.findings, files[i].Findings...)
		for _, ref := range files[i].Broken {
			broken[ref] = true
		}
	}
	unique := j.unique(files)
	if len(unique) == 0 {
		SortFindings(j.findings)
		return nil, j.findings
	}
	j.Topology = fillIn(unique)
	j.resolve(j.Resources(), broken)
	j.resolve(doubted, broken)
	for _, check := range contractChecks {
		check(j)
	}
	for i := range invalidRules {
		rule := &invalidRules[i]
		if rule.check != nil {
			j.rule = rule.ID
			rule.check(j)
		}
	}
	SortFindings(j.findings)
	return j.Topology, slices.Compact(j.findings)
}

// joined is a topology under examination.
type joined struct {
	*Topology
	rule        string // whose check runs
	findings    []Finding
	suggestions int
}

// find reports that r breaks the rule whose check runs. A fact is what it is:
// that it breaks a rule of the catalogue is an advice.
func (j *joined) find(r *Resource, path, message, allowed string) {
	j.findings = append(j.findings, Finding{
		Pos: r.FieldPos(path), Ref: r.Ref, Path: path, Message: message, Allowed: allowed, Rule: j.rule,
		Advice: j.rule != "" && r.Observed(),
	})
}

// advise is find for what stops nothing, under a rule of its own.
func (j *joined) advise(r *Resource, path, message, allowed, rule string) {
	j.findings = append(j.findings, Finding{
		Pos: r.FieldPos(path), Ref: r.Ref, Path: path, Message: message, Allowed: allowed, Rule: rule, Advice: true,
	})
}

// unique answers the resources of all files, of those with one Ref the first.
func (j *joined) unique(files []File) []*Resource {
	n := 0
	for i := range files {
		n += len(files[i].Resources)
	}
	all := make([]*Resource, 0, n)
	first := make(map[Ref]*Resource, n)
	for i := range files {
		for _, r := range files[i].Resources {
			if earlier, twice := first[r.Ref]; twice {
				j.find(r, "metadata.name", fmt.Sprintf("there is a second %s", r.Ref),
					fmt.Sprintf("a name once for each kind; the first is at %s", earlier.Pos))
				continue
			}
			first[r.Ref] = r
			all = append(all, r)
		}
	}
	return all
}

// resolve reports references that lead nowhere. One that leads to a document
// with errors is that document's matter, and so is a field that is wrong already.
func (j *joined) resolve(resources []*Resource, broken map[Ref]bool) {
	type place struct {
		pos  Pos
		path string
	}
	said := map[place]bool{}
	for _, f := range j.findings {
		said[place{f.Pos, f.Path}] = true
	}
	for _, r := range resources {
		for _, field := range r.Spec.References() {
			if j.Get(field.Ref) != nil || broken[field.Ref] || said[place{r.FieldPos(field.Path), field.Path}] {
				continue
			}
			j.find(r, field.Path, fmt.Sprintf("there is no %s%s", field.Ref, j.didYouMean(field.Ref)),
				fmt.Sprintf("the name of a declared %s", field.Ref.Kind))
		}
	}
}

// These bound how many references get a suggestion, and with how many names each
// is compared: all of them in a large topology would cost their product.
const (
	maxSuggestions = 100
	maxSuggested   = 2000
)

func (j *joined) didYouMean(ref Ref) string {
	if j.suggestions++; j.suggestions > maxSuggestions {
		return ""
	}
	all := j.OfKind(ref.Kind)
	at, _ := slices.BinarySearchFunc(all, ref.Name, func(r *Resource, name string) int { return cmp.Compare(r.Name, name) })
	from, to := max(0, at-maxSuggested/2), min(len(all), at+maxSuggested/2)
	names := make([]string, 0, to-from)
	for _, r := range all[from:to] {
		names = append(names, r.Name)
	}
	return didYouMean(ref.Name, names)
}
