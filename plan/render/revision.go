package render

import "strings"

// Short answers as much of a revision as people read, inert: 12 digits of a commit,
// and as many of a folder's digest, behind what kind of digest it is.
func Short(revision string) string {
	kind, digest, isFolder := strings.Cut(revision, ":")
	if !isFolder {
		kind, digest = "", revision
	}
	digest = digest[:min(len(digest), 12)]
	if isFolder {
		digest = kind + ":" + digest
	}
	return Inert(digest)
}
