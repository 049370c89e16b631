// Package host converges the machine it runs on: netlink, ethtool and sysfs.
//
// It observes the machine into a world (plan/guest), has the plan made there, does
// the plan's steps and observes again. It remembers nothing: what is enid's is
// written in the kernel's own objects, so that a crash anywhere is a normal start.
//
// All handles are opened once, in the network namespace of the thread that calls
// Open; nothing switches threads or namespaces. Everything works inside
// `ip netns exec`.
package host
