// Package notify tells others what the loop is in: a URL of any service, by an event
// for each change of a condition, and a forge, by the status of the commit.
//
// The loop tells of its turns and goes on; nothing here ever makes it wait. What is
// told is a difference: between the status and what the URL was told last, which is
// kept across starts, and between the status and what the forge shows, which is asked
// for. So a start tells nothing twice, and what changed while nobody could be told is
// told in the end. Addresses and tokens are read from files at each delivery, and
// stand in no error and no log.
package notify
