// Package repo reads a git repository on this disk, by the git program: two
// revisions, what merging one into the other would give, and who asked for each
// line.
//
// The git program, and not a library, because a reviewer is to see what merging
// gives, and git is what merges: renames, attributes, criss-cross histories.
//
// Nothing is written into the repository, and nothing in it is executed: it is
// asked what its names mean and where its objects are. All else happens in an
// empty repository of ours that borrows these objects, with no configuration:
// no hook, filter, merge driver or text conversion that a tree's attributes could
// choose, and no remote to fetch from. What a merge makes goes there too. Close
// removes it; a crash leaves it among the temporary files.
package repo
