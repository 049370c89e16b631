// Package dir reads topologies out of a local folder and hints when it changes.
//
// A fetch answers a snapshot in memory, since the folder goes on changing under
// whoever reads it. The hints are only a reason to look: a watch is lost with its
// folder, its queue overflows, and network file systems have none, so that what a
// fetch answers never depends on them.
package dir
