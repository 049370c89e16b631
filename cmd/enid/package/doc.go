// Package packaging is the test of the packages: they are made twice and compared, and
// installed on a bare Debian that systemd boots in a container, with the network, the
// processes and the files of its own.
//
// `make test-package` runs it, as root. There are test files only: main_test.go makes
// the packages, machine_test.go the machine that they are installed on.
package packaging
