// Package reconcile is the loop: it keeps the clouds, and one machine, as the
// newest valid revision of a topology says.
//
// One turn:
//
//  1. fetch the newest revision, load and validate it, and hold it where it would
//     delete too much; the applied revision stays in force meanwhile
//  2. observe what has changed in the clouds by itself
//  3. plan, under the names that the files have for things, and check the plan:
//     only a checked plan is acted on; what was renamed is recorded first
//  4. do its steps in order, each after its requirements were looked at once more
//     on the fresh world; a step's effect and its record are one transaction
//  5. plan again, until nothing is left that can be done
//  6. record what the files say that is no operation, with the revision
//  7. converge the machine to the state, whatever became of 1 to 6
//
// A crash anywhere is a normal start: the next turn observes and plans anew. A
// step that failed is held with a growing back-off, across starts; an irreversible
// one that was cut short is shown as uncertain until a person says what became of
// it. What a person changes in the state by hand takes its place between two turns.
package reconcile
