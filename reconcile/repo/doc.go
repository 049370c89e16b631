// Package repo reads a git repository on this disk, by the git program: two
// revisions, what merging one into the other would give, and who asked for each
// line.
//
// The git program, and not a library, because a reviewer is to see what merging
// gives, and git is what merges: renames, attributes, criss-cross histories.
//
// Nothing is written into the repository. What a merge makes goes into a folder
// of ours, which Close removes; a crash leaves it among the temporary files.
// Nothing of the tree is executed, nor what its attributes choose: no hook, no
// filter, no merge driver, no text conversion. The network is never asked.
package repo
