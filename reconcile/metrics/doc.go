// Package metrics counts what the loop does, for Prometheus.
//
// What is so now is read from the loop's status when it is asked for: nothing is
// remembered that could differ from what `enid status` says. What happened is
// counted as the loop tells of it. No name, address, path or message from the
// topology is a label, but for the ENIs of this host; every label's values are few
// and known.
package metrics
