//go:build !linux

package web

import "net"

// Owned is the listener as it is: the socket's mode alone says who may ask.
type Owned struct{ net.Listener }
