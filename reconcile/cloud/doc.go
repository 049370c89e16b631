// Package cloud executes cloud operations. Its one driver so far is state only:
// no cloud API was called. It keeps a model of the clouds in memory, made from
// the state, and its answers become the state.
//
// The model is no copy of the planner's: it imports neither the planner nor the
// planner's table of operations, reads the rules by itself, and refuses with the
// clouds' own error codes what they would refuse. A plan that the driver refuses
// is a defect of one of the two.
package cloud
