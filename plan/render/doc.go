// Package render puts plans before people and machines: text for terminals and
// pipes, JSON for programs. Whatever comes from the tree is made inert first: it
// can neither move a cursor nor look like something enid says.
package render
