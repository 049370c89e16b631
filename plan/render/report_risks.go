package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"enid/plan"
)

// risk is one reason to look twice, and what it is about.
type risk struct {
	title string
	// word is what one of its items is: "step".
	word  string
	items []riskItem
}

// riskItem is one line of a risk.
type riskItem struct {
	step *plan.Step // nil where it is about none
	say  func(voice) string
	// short says less where there is no room; nil: nothing is shorter.
	short func(voice) string
	sort  string // the word that it is counted by where it is left out
}

// left says what the items from i on are.
func (k risk) left(i int) string {
	words := []string{}
	for _, item := range k.items[i:] {
		words = append(words, item.sort)
	}
	return plan.Count(len(words), "more "+k.word) + ": " + tally(words)
}

// risks answers the risks that there are, gravest first.
func (r *Report) risks() []risk {
	all := []risk{
		r.held(),
		r.allowed(),
		r.final(),
		r.stops(),
		r.replaced(),
		r.opened(),
		r.blocked(),
		r.hostBlocked(),
		r.times(),
		r.unknown(),
		r.nearlyFull(),
	}
	return slices.DeleteFunc(all, func(k risk) bool { return len(k.items) == 0 })
}

func (r *Report) held() risk {
	k := risk{title: "The daemon would hold it", word: "reason"}
	if r.Held != "" {
		k.items = []riskItem{{say: func(v voice) string { return v.say(r.Held) }, sort: "shrink guard"}}
	}
	return k
}

// ofStep answers the item that names a step and says more of it.
func ofStep(s *plan.Step, more func(voice) string) riskItem {
	short := func(v voice) string { return v.name(s.Operation) + " of " + v.name(s.Target.String()) }
	return riskItem{step: s, sort: string(s.Action), short: short, say: func(v voice) string {
		if m := more(v); m != "" {
			return short(v) + ": " + m
		}
		return short(v)
	}}
}

// final answers the steps that nobody can take back, with what comes with them.
func (r *Report) final() risk {
	k := risk{title: "Cannot be undone, or loses data", word: "step"}
	for _, s := range r.Steps {
		if !s.Irreversible && !s.DataLoss {
			continue
		}
		item := ofStep(s, func(v voice) string {
			text := strings.Join(flags(s), ", ")
			if s.Blocked() {
				text += "; blocked as things are"
			}
			for _, e := range s.Effects[:min(len(s.Effects), 2)] {
				text = join(text, v.say(e.Detail))
			}
			return text
		})
		item.sort = strings.Join(flags(s), " and ")
		k.items = append(k.items, item)
	}
	return k
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// stops answers what stops, and how often.
func (r *Report) stops() risk {
	k := risk{title: "Stops", word: "resource"}
	first, n, waits := map[plan.Ref]*plan.Step{}, map[plan.Ref]int{}, map[plan.Ref]bool{}
	var order []plan.Ref
	for _, s := range r.Steps {
		if s.Downtime {
			if first[s.Target] == nil {
				first[s.Target] = s
				order = append(order, s.Target)
			}
			n[s.Target]++
			waits[s.Target] = waits[s.Target] || s.Blocked()
		}
	}
	for _, ref := range order {
		k.items = append(k.items, riskItem{step: first[ref], sort: string(ref.Kind), say: func(v voice) string {
			text := v.name(ref.String()) + " stops" + times(n[ref])
			if waits[ref] {
				text += " (blocked as things are)"
			}
			return text + ", by " + v.name(first[ref].Operation)
		}})
	}
	return k
}

func (r *Report) replaced() risk {
	k := risk{title: "Replaced: deleted and made anew", word: "resource"}
	for _, one := range resources(r.Steps) {
		if one.verb == "replace" {
			k.items = append(k.items, riskItem{step: one.steps[0], sort: string(one.ref.Kind), say: func(v voice) string {
				return v.name(one.ref.String()) + ", in " + plan.Count(len(one.steps), "step")
			}})
		}
	}
	return k
}

// opened answers what the internet reaches afterwards and did not before.
func (r *Report) opened() risk {
	k := risk{title: "Opens to the internet", word: "way"}
	if r.Impact == nil {
		return k
	}
	for _, c := range r.Impact.Reach {
		if slices.Contains(c.From, "internet") && len(c.Opens) > 0 {
			k.items = append(k.items, riskItem{sort: "from the internet", say: func(v voice) string {
				return v.name(endText(c, c.To)) + " on " + v.name(services(c.Opens)) + " from " + v.name(endText(c, c.From)) + ": " + v.say(c.Reason)
			}})
		}
	}
	return k
}

// names answers some of the names, and how many more there are.
func names(all []string, v voice) string {
	const most = 4
	var shown []string
	for _, n := range all[:min(len(all), most)] {
		shown = append(shown, v.name(n))
	}
	if more := len(all) - most; more > 0 {
		shown = append(shown, plan.Comma(more)+" more")
	}
	return series(shown)
}

// blocked answers the steps that cannot run, those that wait for another last.
func (r *Report) blocked() risk {
	k := risk{title: "Blocked", word: "step"}
	for _, wait := range []bool{false, true} {
		for _, s := range r.Steps {
			if s.Blocked() && waitsOnly(s) == wait {
				k.items = append(k.items, ofStep(s, func(v voice) string { return blocks(s.BlockedBy, v) }))
			}
		}
	}
	return k
}

// maxBlocks is how many reasons of one step are shown.
const maxBlocks = 6

func blocks(all []plan.Block, v voice) (text string) {
	for _, b := range all[:min(len(all), maxBlocks)] {
		one := v.say(b.Detail)
		if b.Remedy != "" {
			one += " – to do: " + v.say(b.Remedy)
		}
		text = join(text, one+" ("+v.name(b.Rule)+")")
	}
	if more := len(all) - maxBlocks; more > 0 {
		text = join(text, plan.Count(more, "more reason"))
	}
	return text
}

func (r *Report) hostBlocked() risk {
	k := risk{title: "Blocked on machines", word: "step"}
	for _, h := range r.AllHosts() {
		for _, s := range h.Steps {
			if len(s.BlockedBy) > 0 {
				short := func(v voice) string {
					return v.name(s.Operation) + " of " + v.name(s.Target) + " on " + v.name(h.Name)
				}
				k.items = append(k.items, riskItem{sort: "on machines", short: short, say: func(v voice) string {
					return short(v) + ": " + blocks(s.BlockedBy, v)
				}})
			}
		}
	}
	return k
}

func (r *Report) times() risk {
	k := risk{title: "Bound to a time", word: "step"}
	for _, s := range r.Steps {
		if s.Deadline == nil && s.NotBefore == nil {
			continue
		}
		k.items = append(k.items, ofStep(s, func(v voice) string {
			text := ""
			if s.NotBefore != nil {
				text = "not before " + v.name(s.NotBefore.Format(time.RFC3339))
			}
			if s.Deadline != nil {
				text = join(text, "until "+v.name(s.Deadline.Format(time.RFC3339)))
			}
			return text
		}))
	}
	return k
}

// unknown answers what of the steps only the state knows, by rule: of many steps
// under one, the first says what is not known.
func (r *Report) unknown() risk {
	k := risk{title: "Only the state knows", word: "question"}
	type question struct {
		first plan.Checked
		steps []*plan.Step
	}
	var order []string
	byRule := map[string]*question{}
	for _, s := range r.Steps {
		for _, c := range s.Checks {
			switch q := byRule[c.Rule]; {
			case !c.Unknown:
			case q == nil:
				order = append(order, c.Rule)
				byRule[c.Rule] = &question{c, []*plan.Step{s}}
			case q.steps[len(q.steps)-1] != s:
				q.steps = append(q.steps, s)
			}
		}
	}
	for _, rule := range order {
		q := byRule[rule]
		item := ofStep(q.steps[0], func(v voice) string { return v.say(q.first.Detail) + " (" + v.name(rule) + ")" })
		if more := len(q.steps) - 1; more > 0 {
			one := item.say
			item.say = func(v voice) string { return one(v) + "; so for " + plan.Count(more, "more step") }
		}
		item.sort = rule
		k.items = append(k.items, item)
	}
	return k
}

// nearlyFull answers the limits and subnets that the change fills to nine tenths.
func (r *Report) nearlyFull() risk {
	k := risk{title: "Nearly full", word: "limit"}
	if r.Impact == nil {
		return k
	}
	for _, q := range r.Impact.Quotas {
		if q.Limit > 0 && q.After > q.Before && q.After*10 >= q.Limit*9 {
			k.items = append(k.items, riskItem{sort: "quota", say: func(v voice) string {
				return v.say(q.Of) + ": " + fmt.Sprintf("%s of %s", plan.Comma(q.After), plan.Comma(q.Limit)) + " (" + v.name(q.Rule) + ")"
			}})
		}
	}
	for _, s := range r.Impact.Subnets {
		if s.After == nil {
			continue
		}
		left := s.After.Unused - int64(s.UnplacedAfter)
		if left*10 <= s.After.Total-s.After.Kept && (s.Before == nil || left < s.Before.Unused-int64(s.UnplacedBefore)) {
			k.items = append(k.items, riskItem{sort: "subnet", say: func(v voice) string {
				return v.name(s.Subnet) + ": " + useText(s.After, s.UnplacedAfter, s.IPv6After)
			}})
		}
	}
	return k
}

// origin answers where a step was asked for: file:line, commit and author.
func origin(s *plan.Step, v voice) string {
	if s == nil || s.Source == nil {
		return ""
	}
	text := v.name(fmt.Sprintf("%s:%d", s.Source.File, s.Source.Line))
	if s.Source.Commit != "" {
		text += " in " + v.name(Short(s.Source.Commit))
	}
	if author, _, _ := strings.Cut(s.Source.Author, " <"); author != "" { // the address is nobody's business here
		text += " by " + v.name(author)
	}
	return text
}
