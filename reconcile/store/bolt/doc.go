// Package bolt keeps enid's state in one file of a folder, for one process at a
// time that writes.
//
// Layout of the folder (0700):
//
//	enid.db   the records (0600); keys are KIND/NAME, big-endian serials, or calls
//	enid.pid  the writer's process id, for those who wait; the lock is on enid.db
package bolt
