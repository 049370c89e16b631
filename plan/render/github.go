package render

import (
	"fmt"
	"io"
	"strings"
)

// gitHubShows is how many errors, and how many warnings, GitHub shows of a step.
const gitHubShows = 10

// What GitHub takes for syntax in a workflow command: in its text, and in a
// property, which ends at a comma and the last at a colon.
var (
	commandText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// GitHub writes annotations as workflow commands, the most useful first. Where
// GitHub leaves some out of the pull request, a last notice says how many there
// are.
func GitHub(w io.Writer, list []Annotation) error {
	counts := map[string]int{}
	for _, a := range byUse(list) {
		level := "error"
		if a.Advice {
			level = "warning"
		}
		counts[level]++
		end := ""
		if a.End > 0 {
			end = fmt.Sprintf(",endColumn=%d", a.End)
		}
		if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d%s,title=%s::%s\n", level, commandProperty.Replace(Inert(a.Pos.File)),
			a.Pos.Line, a.Pos.Column, end, commandProperty.Replace("enid: "+a.rule()), commandText.Replace(a.text())); err != nil {
			return err
		}
	}
	if counts["error"] <= gitHubShows && counts["warning"] <= gitHubShows {
		return nil
	}
	_, err := fmt.Fprintf(w, "::notice title=enid::%d errors and %d advice in all; the log of this step has every one, GitHub shows %d of each\n",
		counts["error"], counts["warning"], gitHubShows)
	return err
}
