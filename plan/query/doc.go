// Package query answers what people ask of a topology: can two instances reach
// each other and why, who holds which address of a subnet, which key pair is a
// key, what is known of an instance type. A question changes nothing; its answer
// is a value whose JSON form is part of the contract.
//
// The topology is what the state holds, or what files ask for as if applied.
package query
