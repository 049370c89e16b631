// Package vm is the machine test: enid on a machine of its own, with what network
// namespaces cannot have. QEMU boots Debian's kernel, by software emulation, with
// multi-queue virtio NICs that can be plugged in and out.
//
// `make test-vm` runs it. There are test files only, and one binary in three roles:
// outside it drives QEMU (drive_test.go, image_test.go, kernel_test.go); inside it
// is the first process (init_test.go), which starts it once more for the tests.
//
// A further test is a Go function in a file that says what it is about, such as
// queues_test.go; lab_test.go has what it needs. It finds enid in the PATH, the
// NICs eth0, eth1 and eth2, and may take eth3 and so on by plug, and the disk vda,
// which volumes_test.go has for itself. It leaves nothing that the next newLab does
// not put right.
package vm
