// Package trust says who signed something.
//
// Keys are in files of a person's: OpenPGP public keys, ASCII-armoured, or OpenSSH's
// allowed_signers. What is signed is a message as a whole, by a detached signature of
// either kind, or a git commit. Nothing is trusted because it came with the message:
// a signature counts when its key is among the keys, may sign for that namespace, and
// is valid at that time.
package trust
