package page

import (
	"fmt"

	"enid/plan"
	"enid/reconcile"
)

// verdict is the one thing that a person wants to know first. Its words say what
// its colour says.
type verdict struct {
	Tone string // good, busy, warn, drift, blocked, bad: a class of the style sheet
	Sign string
	Word string // the page's title too
	Say  string // a sentence
}

// held are the conditions of a source whose newest revision was read and is not done.
var held = map[reconcile.Condition]string{
	reconcile.Invalid:     "The newest revision does not validate.",
	reconcile.Shrunk:      "The newest revision would delete more than the shrink guard lets pass.",
	reconcile.Rewound:     "The branch went back to an older commit.",
	reconcile.Diverged:    "The branch left the history that was applied.",
	reconcile.NotVerified: "The newest revision is not signed, or not reviewed, by a trusted key.",
	reconcile.Unsupported: "The newest revision holds something that enid does not read.",
	reconcile.Empty:       "The source holds no topology.",
}

// verdictOf answers the verdict: what keeps git from being followed comes before
// what the revision in force lacks, and work under way last.
func verdictOf(s reconcile.Status) verdict {
	const stays = " What was applied stays in force."
	for _, c := range s.Conditions {
		if c.Type == suspended && c.Status == "True" {
			return verdict{"warn", "‖", "Suspended", "A person suspended the loop; below stands who, and until when."}
		}
	}
	switch say, isHeld := held[s.Source.Condition]; {
	case isHeld:
		return verdict{"bad", "!", "Held", say + stays}
	case s.Source.Condition == reconcile.Fetching:
		return verdict{"busy", "…", "Starting", "The source is being read for the first time."}
	case s.Source.Condition != reconcile.Ready:
		return verdict{"bad", "!", "Cut off", "The source cannot be read." + stays}
	}
	for _, c := range s.Conditions {
		if c.Status != "False" {
			continue
		}
		switch c.Type {
		case "Certain":
			return verdict{"bad", "?", "Uncertain", "A step was cut short, and only a person can say whether it was done."}
		case "Recorded":
			return verdict{"bad", "!", "Not recorded", "The state cannot be written."}
		case "Applied":
			return verdict{"bad", "!", "Failed", "Not everything that could be done was done."}
		}
	}
	switch h := s.Host; {
	case s.Blocked > 0:
		return verdict{"blocked", "!", "Blocked", fmt.Sprintf("%s cannot run; below stands why, and what helps.", plan.Count(s.Blocked, "step"))}
	case h != nil && h.Condition == reconcile.HostDegraded:
		return verdict{"bad", "!", "Host degraded", "This host is not as the applied revision says."}
	case s.Drifted > 0:
		return verdict{"drift", "≠", "Drifted", fmt.Sprintf("%s from the applied revision.", differ(s.Drifted))}
	case s.Pending > 0 || s.Applied.Revision != s.Source.Revision:
		return verdict{"busy", "…", "Applying", "The newest revision is being applied."}
	case h != nil && h.Condition != reconcile.HostConverged:
		return verdict{"busy", "…", "Host " + string(h.Condition), "This host is not yet as the applied revision says."}
	case s.Applied.Revision == "":
		return verdict{"busy", "…", "Nothing applied", "No revision was applied yet."}
	}
	return verdict{"good", "✓", "In sync", "Everything is as the newest revision says."}
}

func differ(n int) string {
	if n == 1 {
		return "1 resource differs"
	}
	return fmt.Sprintf("%d resources differ", n)
}
