package render

import (
	"slices"
	"strings"
	"unicode/utf8"

	"enid/plan"
)

// voice is how text from outside is put into a report: name for names, values and
// places, say for sentences that hold such.
type voice struct{ name, say func(string) string }

var (
	spoken   = voice{func(s string) string { return clip(s, maxName) }, func(s string) string { return clip(s, maxProse) }}
	markdown = voice{code, prose}
)

// verbs are the words of the headline, in its order.
var verbs = []struct{ verb, says string }{
	{"add", "adds"}, {"delete", "deletes"}, {"replace", "replaces"}, {"convert", "converts"}, {"move", "moves"},
	{"change", "changes"}, {"attach", "attaches"}, {"detach", "detaches"}, {"bind", "binds"}, {"unbind", "unbinds"},
	{"restart", "restarts"}, {"start", "starts"}, {"stop", "stops"}, {"reboot", "reboots"},
	{"register", "changes the targets of"},
}

// maxHeadline is the most characters of a headline that names what it speaks of.
const maxHeadline = 500

// headline answers in plain words what will happen: a sentence for what is done,
// and one for what it costs.
func (r *Report) headline(v voice) (does, costs string) {
	if does = r.does(v, true); utf8.RuneCountInString(does) > maxHeadline {
		does = r.does(v, false)
	}
	return does, r.costs(r.Runnable(), v)
}

// does answers what is done, with the names of single resources where they are
// asked for.
func (r *Report) does(v voice, named bool) string {
	parts := deeds(r.Runnable(), v, named, func(_, says string) string { return says })
	if commands, machines := r.commands(); commands > 0 {
		parts = append(parts, "makes "+plan.Count(commands, "change")+" in the kernel of "+machines(v))
	}
	switch {
	case len(parts) > 0:
		return capital(series(parts)) + "."
	case len(r.Steps) > 0:
		would := deeds(r.Steps, v, named, func(verb, _ string) string { return verb })
		return "Would " + series(would) + "; nothing of it can run yet."
	case r.Summary.Blocked > 0:
		return "Changes nothing yet: whatever it asks of machines is blocked."
	case len(r.allowed().items) > 0:
		return "Runs no step, but changes what is allowed: what was asked for earlier and is blocked may run by it."
	case r.renamesOnly():
		return "Runs no step: " + plan.Count(len(r.Recorded), "resource") + " by another name, and nothing else."
	case len(r.Recorded) > 0:
		return "Runs no step; what it says of " + plan.Count(len(r.Recorded), "resource") + " is only recorded."
	}
	return "Runs no step."
}

// renamesOnly reports whether all that is recorded are new names of what there is.
func (r *Report) renamesOnly() bool {
	for _, one := range r.Recorded {
		if one.Was == nil {
			return false
		}
		for _, c := range one.Changes {
			if strings.HasPrefix(c.Path, "spec.") {
				return false
			}
		}
	}
	return len(r.Recorded) > 0
}

// deeds answers what steps come to, a phrase for each verb.
func deeds(steps []*plan.Step, v voice, named bool, form func(verb, says string) string) (parts []string) {
	by := map[string][]*resource{}
	for _, one := range resources(steps) {
		verb := one.verb
		if verb == "deregister" {
			verb = "register"
		}
		by[verb] = append(by[verb], one)
	}
	for _, w := range verbs {
		if some := by[w.verb]; len(some) > 0 {
			verb := strings.ReplaceAll(w.verb, "register", "change the targets of")
			parts = append(parts, form(verb, w.says)+" "+things(some, v, named))
		}
	}
	return parts
}

// capital answers the words with a capital; they begin with one of ours.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// things answers "ENI web-1-b and 3 EIPs".
func things(some []*resource, v voice, named bool) string {
	var kinds []string
	of := map[string][]*resource{}
	for _, r := range some {
		kind := string(r.ref.Kind)
		if of[kind] == nil {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], r)
	}
	var parts []string
	for _, kind := range kinds {
		all := of[kind]
		thing := plan.Count(len(all), kind)
		if named && len(all) == 1 {
			thing = kind + " " + v.name(all[0].ref.Name)
		}
		if named {
			thing += whither(all, v)
		}
		parts = append(parts, thing)
	}
	return series(parts)
}

// whither answers " (and attaches it to web-1)" or " to web-1" where all go to one
// place.
func whither(some []*resource, v voice) string {
	place, added := "", some[0].verb == "add" || some[0].verb == "replace"
	n := 0
	for _, r := range some {
		for _, s := range r.steps {
			to := destination(s)
			if to == "" {
				continue
			}
			if n++; place != "" && place != to {
				return ""
			}
			place = to
		}
	}
	switch {
	case place == "" || n != len(some):
		return ""
	case !added:
		return " to " + v.name(place)
	case n == 1:
		return " (and attaches it to " + v.name(place) + ")"
	}
	return " (and attaches them to " + v.name(place) + ")"
}

// destination answers what the step attaches or binds its target to, "" for none.
func destination(s *plan.Step) string {
	if s.Action != plan.Attach && s.Action != plan.Bind {
		return ""
	}
	for _, c := range s.Changes {
		if to := Value(c.To); to != none && (strings.HasSuffix(c.Path, ".instance") || strings.HasSuffix(c.Path, "bindTo")) {
			return to
		}
	}
	return ""
}

// commands answers how many changes run on machines, and the words for which.
func (r *Report) commands() (n int, of func(voice) string) {
	var names []string
	for _, h := range r.AllHosts() {
		before := n
		for _, s := range h.Steps {
			if len(s.BlockedBy) == 0 {
				n++
			}
		}
		if n > before {
			names = append(names, h.Name)
		}
	}
	return n, func(v voice) string {
		if len(names) == 1 {
			return v.name(names[0])
		}
		return plan.Count(len(names), "machine")
	}
}

// costs answers what stops, is lost, is blocked.
func (r *Report) costs(runs []*plan.Step, v voice) string {
	var good, bad []string
	stops, final := 0, 0
	var stopped, losers []string
	for _, s := range runs {
		if s.Downtime {
			stops++
			stopped = append(stopped, s.Target.String())
		}
		if s.DataLoss {
			losers = append(losers, s.Target.String())
		}
		if s.Irreversible {
			final++
		}
	}
	stopped, losers = distinct(stopped), distinct(losers)
	switch {
	case len(r.Steps)+r.Summary.Host == 0 && len(r.allowed().items) > 0:
		return "" // what runs by that is not known, and may stop or lose something
	case stops == 0:
		good = append(good, "nothing is stopped")
	case len(stopped) == 1:
		bad = append(bad, "stops "+v.name(stopped[0])+times(stops))
	default:
		often := ", " + plan.Count(stops, "time") + " in all"
		if stops == len(stopped) {
			often = " once each"
		}
		bad = append(bad, "stops "+plan.Count(len(stopped), "resource")+often)
	}
	switch {
	case len(losers) == 0:
		good = append(good, "nothing is lost")
	case len(losers) == 1:
		bad = append(bad, "loses the data of "+v.name(losers[0]))
	default:
		bad = append(bad, "loses the data of "+plan.Count(len(losers), "resource"))
	}
	sentences := []string{}
	if len(bad) > 0 {
		sentences = append(sentences, capital(series(bad))+".")
	}
	sentences = append(sentences, r.counts(final)...)
	if len(good) > 0 {
		sentences = append(sentences, capital(series(good))+".")
	}
	return strings.Join(sentences, " ")
}

// counts answers a sentence for the steps of which there is more to say.
func (r *Report) counts(final int) []string {
	var parts []string
	for _, c := range []struct {
		n         int
		one, many string
	}{
		{final, "cannot be undone", "cannot be undone"}, {r.Summary.Blocked, "is blocked", "are blocked"},
		{r.Summary.Granted, "runs only because this change itself allows it", "run only because this change itself allows them"},
		{r.Summary.Unknown, "depends on what only the state knows", "depend on what only the state knows"},
	} {
		if c.n == 1 {
			parts = append(parts, "1 step "+c.one)
		} else if c.n > 1 {
			parts = append(parts, plan.Count(c.n, "step")+" "+c.many)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{series(parts) + "."}
}

func times(n int) string {
	if n == 1 {
		return " once"
	}
	return " " + plan.Count(n, "time")
}

func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
