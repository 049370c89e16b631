// Package web is how a running daemon is asked: read-only JSON over HTTP, on the
// socket beside its state. A client of the same package asks.
package web
