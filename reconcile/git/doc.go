// Package git reads topologies out of a git repository: it answers a commit and
// the topology's folder in it, and never a work tree.
//
// One turn lists the remote's references, fetches the followed one by force into
// a bare cache, asks how the new commit relates to the applied one, and reads the
// folder's files into memory:
//
//	list → unchanged? → fetch → classify → snapshot
//
// Nothing is ever pulled or merged. After a branch was pushed backwards a pull
// says "already up-to-date" over the revoked tree, whereas a forced fetch of a
// hash has no history of its own to be wrong about.
//
// The cache is disposable. Whatever goes wrong in it is answered by deleting it
// and cloning once; a crash between any two writes leaves a cache that is either
// whole or found damaged and deleted. What was handed out stays readable, for it
// is held in memory.
package git
