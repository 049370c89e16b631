// Package store is the port to enid's memory: what was applied, what was done,
// and what was begun. A backend keeps records and judges nothing.
//
// Every write is one Commit, which is one transaction: a step's effect on the
// resources and its record in the history stand or fall together. A Commit names
// the epoch that its writer read; where somebody else has written since, it is
// refused with ErrStale and nothing is changed.
package store
