// Package schema says what can be said: the kinds of a topology, how files of
// them are read, and what is wrong by the files alone.
//
// The words, as enid uses them everywhere:
//
//	resource    one document of a topology: kind, name, labels, spec
//	topology    all resources of one revision, joined; what people want
//	state       resources as they were applied, with the status that was observed
//	spec        what is asked for; status: what is
//	reference   another resource's name in a field that fixes its kind
//	finding     something wrong, or advised, with its place in the files
//	rule        one documented behaviour, with the id under which it is reported
//
// The package is pure: bytes in, values out; no clock, no network, no process.
package schema
