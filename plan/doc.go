// Package plan decides what to do next. It knows neither a cloud nor a kernel:
// both are a Domain, a table of operations over a world of objects.
//
//	Next(world, want, at) → the one step to take now, or at rest
//	plan = Next unfolded on the model: world = step.Effect(world), until at rest
//	loop = Next unfolded on reality: observe, plan, check, do, observe again
//
// Its laws, which property tests hold over random worlds and every example:
//
//  1. Goal: folding an unblocked plan's effects from the observed world gives the wanted world.
//  2. Guard: every step's requirements hold where it runs.
//  3. Prefix: after any prefix of a plan, planning again gives the rest of it.
//  4. Calm: planning from the wanted world is empty; no instance is stopped twice in one plan.
//  5. Model: what is observed after a host step equals its effect on what was observed before.
//  6. Order: the same input gives the same plan, byte for byte.
//  7. Ownership: what enid did not make, it never changes or removes.
//  8. Primary: between no two steps has the host lost its primary default route.
//
// The package is pure: time is an argument, nothing is remembered between calls.
package plan
