package guest

import (
	"strings"

	"enid/plan"
)

// commands are what a person would type for a step, by operation.
var commands = map[string]func(m Machine, from, to plan.Object) string{}

// Command answers what a person would type for a step: the shell command that does
// the same as enid does. Deletes name all that identifies the object, since the
// kernel matches only what is given. world is the one before the plan's first step.
func Command(op string, target plan.Ref, world, wanted *plan.World) string {
	typed, ok := commands[op]
	if !ok {
		return ""
	}
	m, _ := world.Get(MachineRef).(Machine)
	return typed(m, world.Get(target), wanted.Get(target))
}

// plain are the characters that no shell reads anything into.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,="

// line answers a program and its arguments as a shell takes them: they are devices,
// numbers and mount points, and only the last may hold what a shell would read.
func line(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; strings.Trim(a, plain) != "" {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}
