// Package cloud is the operation table of the clouds: everything that enid knows
// of what they can do, refuse, change along the way and never undo, a file per
// section of the catalogue.
//
// An object of its worlds is a *schema.Resource: the spec as it was applied, the
// status as it was observed. In the wanted world specs come from the files.
package cloud
