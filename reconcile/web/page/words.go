package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"enid/plan"
	"enid/plan/render"
	"enid/schema"
)

// words are what the templates say things with. Text from outside goes through
// text: the template escapes markup, text what would reorder or hide characters.
func words(rule func(string) (schema.Rule, bool)) template.FuncMap {
	return template.FuncMap{
		"text":  text,
		"lines": func(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") },
		"short": render.Short,
		"stamp": stamped,
		"rfc":   rfc,
		"value": render.Value,
		"keyed": func(key string, list []*plan.Step) stepList { return stepList{key, list} },
		"few":   func(list []*plan.Step) []*plan.Step { return list[:min(fewSteps, len(list))] },
		"rest":  func(list []*plan.Step) []*plan.Step { return list[min(fewSteps, len(list)):] },
		"count": plan.Count,
		"comma": plan.Comma,
		"took":  took,
		"rule":  func(id string) bool { _, ok := rule(id); return ok },
	}
}

// stepList is steps under the key by which a page knows whether they are unfolded.
type stepList struct {
	Key  string
	List []*plan.Step
}

// fewSteps is how many stand in the open: what is below is a screen or two away, not
// twenty.
const fewSteps = 10

func stamped(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// text answers outside text on one line, inert.
func text(v any) string {
	// What begins a line is no command to a browser, so that ::1 stays as it is.
	return strings.TrimPrefix(render.Inert(" "+fmt.Sprint(v)), " ")
}

// took answers a duration as exactly as anybody wants it.
func took(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
