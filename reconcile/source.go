package reconcile

import (
	"context"
	"io/fs"
	"time"
)

// Revision is one state of the topology as its source holds it.
type Revision struct {
	// ID is the commit's full hash, or "dir:" and a content digest for a folder.
	ID string
	// Author is "Name <address>" as the commit has it, empty for a folder.
	Author string
	// Subject is the first line of the commit message, empty for a folder.
	Subject string
	// Time is the commit's committer time, or when the folder was read.
	Time time.Time
	// Root is where FS is rooted, as a person writes it before a file's path:
	// the folder in the repository, slash-separated; empty: nothing is written.
	Root string
	// FS is rooted at the topology's folder and stays readable, with the same
	// content, until the Source is closed.
	FS fs.FS
	// Digest answers a file's content digest without reading the file (git's
	// blob hash), so that unchanged files are not parsed again. Nil where the
	// source has none.
	Digest func(path string) (string, bool)
}

// Source is where topologies come from.
type Source interface {
	// Fetch answers the newest revision. It may be called again and again; with
	// nothing new it answers the same Revision.ID. Every failure is, or wraps, a
	// *SourceError, so that the loop can keep the applied revision in force and
	// say why. It blocks until ctx ends at most.
	Fetch(ctx context.Context) (Revision, error)
	// Changed receives a hint that Fetch would answer something new. Hints are
	// coalesced, and none is owed: the loop polls as well. Nil where there are none.
	Changed() <-chan struct{}
	// Close frees descriptors and folders of the source's own. Caches stay.
	Close() error
}

// Condition is what a source is in, as `source.condition` of the status shows it.
type Condition string

// The conditions of a source, as the contract (section 4) names them.
const (
	Ready        Condition = "Ready"        // the newest revision is known and was read
	Fetching     Condition = "Fetching"     // the first fetch is under way
	Unreachable  Condition = "Unreachable"  // the network or the server failed; tried again
	Unauthorized Condition = "Unauthorized" // the server refused the credentials
	Missing      Condition = "Missing"      // the repository, branch or folder is not there
	Empty        Condition = "Empty"        // the repository or the folder holds nothing
	Rewound      Condition = "Rewound"      // the branch went back to an ancestor
	Diverged     Condition = "Diverged"     // the branch left the history that was applied
	NotVerified  Condition = "NotVerified"  // the head is not signed by a trusted key
	Invalid      Condition = "Invalid"      // the topology does not validate
	Shrunk       Condition = "Shrunk"       // the shrink guard holds the revision
	Unsupported  Condition = "Unsupported"  // something that enid does not read, named in the message
)

// Conditions answers all of them, in the contract's order.
func Conditions() []Condition {
	return []Condition{Ready, Fetching, Unreachable, Unauthorized, Missing, Empty, Rewound, Diverged, NotVerified, Invalid, Shrunk, Unsupported}
}

// SourceError is a failure of a source, with the condition it puts the source in.
type SourceError struct {
	Condition Condition
	// Message is for people. It never holds a credential.
	Message string
	// Revision is the commit that is held back, for Rewound and Diverged.
	Revision string
	// Err is the cause, already free of credentials; may be nil.
	Err error
}

// Error answers the message.
func (e *SourceError) Error() string { return e.Message }

// Unwrap answers the cause.
func (e *SourceError) Unwrap() error { return e.Err }
