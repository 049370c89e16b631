// Package bolt keeps enid's state in one file of a folder, for one process at a
// time that writes.
//
// Layout of the folder (0700):
//
//	enid.db   the records (0600); keys are KIND/NAME, big-endian serials, or calls.
//	          Before each record stands its digest, and one record holds the count
//	          and the sum of all digests: damage is refused, never read past
//	enid.pid  the writer's process id, for those who wait; the lock is on enid.db
package bolt
