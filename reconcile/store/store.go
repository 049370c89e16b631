package store

import (
	"context"
	"errors"
	"fmt"
)

// Store is the state of one topology. Its methods may be called by several
// goroutines at once. What they answer is the caller's own.
type Store interface {
	// Meta answers what the store knows of itself. It is cheap.
	Meta(ctx context.Context) (Meta, error)
	// Load answers all records but the history, as one consistent snapshot. A
	// record that cannot be read is an error wrapping ErrCorrupt, never left out.
	Load(ctx context.Context) (*State, error)
	// Commit makes all of c durable, or none of it, and answers the new Meta. base
	// is the epoch from which c was made: any other one is ErrStale. Putting what
	// is there already and deleting what is not are no errors, so that a Commit
	// may be made again by a writer who does not know whether it got through:
	// where it did, the second answers ErrStale. A crash before it returns leaves
	// either the old or the new state, a crash after it the new.
	Commit(ctx context.Context, base uint64, c *Change) (Meta, error)
	// History answers at most limit revisions with serials below before, newest
	// first; before 0 is from the newest, limit 0 is all. Plans and steps are not
	// read. None is an empty slice.
	History(ctx context.Context, before uint64, limit int) ([]Revision, error)
	// Revision answers one revision with its plan and its steps, ErrAbsent where
	// it never was or is no longer kept. It is as large as what was done.
	Revision(ctx context.Context, serial uint64) (*Detail, error)
	// Tried answers one revision with at most limit of its steps, from the first or,
	// where after is the Next of another answer, from there. It costs what it answers.
	Tried(ctx context.Context, serial uint64, after string, limit int) (*Stretch, error)
	// Plan answers the plan of one revision as it is kept.
	Plan(ctx context.Context, serial uint64) (Packed, error)
	// Close frees the store; its lock goes with it. Later calls are errors.
	Close() error
}

// KeepRevisions is how many revisions a store keeps: a year of a commit and a
// half each working day.
const KeepRevisions = 500

// Format is the version of the records; since 2 they have digests. A store of a later
// one is ErrNewer, one of an earlier one is written anew by the first commit.
const Format = 2

// What is wrong with a store, for errors.Is.
var (
	ErrStale    = errors.New("the state was changed by somebody else")
	ErrAbsent   = errors.New("not in the state")
	ErrLocked   = errors.New("the state is held by another process")
	ErrCorrupt  = errors.New("the state is damaged")
	ErrNewer    = errors.New("the state was written by a newer enid")
	ErrNotBuilt = errors.New("not built yet")
)

// Advance answers the Meta after a change, or ErrStale. It is what every backend
// decides by, inside its transaction.
func Advance(m Meta, base uint64, c *Change) (Meta, error) {
	if m.Epoch != base {
		return m, fmt.Errorf("%w: it is at epoch %d, this writer read epoch %d", ErrStale, m.Epoch, base)
	}
	m.Epoch++
	if c.Begin != nil {
		m.Serial++
	}
	if c.Applied != nil {
		m.Applied = *c.Applied
	}
	if c.Source != "" {
		m.Source = c.Source
	}
	if c.Suspend != nil {
		m.Suspended = *c.Suspend
	}
	return m, nil
}
