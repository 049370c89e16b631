// Package doctor knows what on a Linux machine gets in enid's way: programs that
// remove or configure what is enid's, settings of the kernel that spoil several
// NICs, and what enid itself lacks.
//
// It is one table of checks. A row says what has to be read for it, what that
// means, and what ends it; it is pure. reconcile/host reads what the rows ask for,
// and nothing else.
package doctor
