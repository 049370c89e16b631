//go:build !linux

package web

import "net"

// owned is the listener as it is: the socket's mode alone says who may ask.
type owned struct{ net.Listener }
