// Package page is the status page of a daemon, for people with a browser: what is
// applied and by whom, what is in the way, the picture of the network, this machine,
// and the history with each revision's plan. Pages are whole without JavaScript; with
// it they follow the daemon's events. Nothing comes from another origin, and nothing
// can be changed here.
package page
