package reconcile

import "time"

// pace keeps a storm of events on the machine from becoming a storm of turns. The
// first repair begins at once; each that follows on its heels leaves the machine alone
// for longer, in terms of what a turn takes, so that the loop never has more than a
// share of a CPU. What happens meanwhile is repaired together.
type pace struct {
	rests int       // in a row
	until time.Time // of the last rest
}

const (
	// mostRests is how many times a turn's own time the longest rest is.
	mostRests = 10
	// calmTurns is how many times a turn's own time nothing has to happen after a rest
	// for the storm to be over.
	calmTurns = 10
)

// rest answers how long no repair begins after one that ran from start to end.
func (p *pace) rest(start, end time.Time) time.Duration {
	took := end.Sub(start)
	if start.Sub(p.until) > calmTurns*took {
		p.rests = 0
	}
	p.rests = min(p.rests+1, mostRests)
	rest := time.Duration(p.rests) * took
	p.until = end.Add(rest)
	return rest
}
