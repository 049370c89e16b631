package guest

import "enid/plan"

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
