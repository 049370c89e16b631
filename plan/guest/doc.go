// Package guest is the host's half of the plan: the objects of a Linux machine's
// network (links, addresses, routes, rules, queues), the world that the cloud
// state asks for, and the operation table that leads there.
//
// It is pure. reconcile/host observes the machine into a world of these objects
// and carries the steps out; both sides name things as `ip` and `ethtool` do.
//
// Ownership is data: a route or rule is enid's when its protocol is Protocol, an
// address when it carries the mark. Whatever else is there is foreign: it is
// seen, named where it stands in the way, and never changed.
//
// Disks are the exception to links: what is on a volume of the cloud grows with it,
// and nothing else is ever done to it.
//
// Where there is no machine to look at, Model makes one from the cloud's word and folds
// it through the same table; Between tells what a change does to it.
//
// IPv4 and IPv6 stand beside each other: the family is that of an object's own
// addresses, tables of one number are two, and only what the kernel itself treats
// differently is told apart (operations say where).
package guest
