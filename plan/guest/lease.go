package guest

import (
	"net/netip"
	"time"

	"enid/plan"
	"enid/schema"
)

// KindLease is the kind of a Lease.
const KindLease schema.Kind = "Lease"

// Lease is what a DHCP client of enid's on a link asks for, and what it was
// answered. It lives in the process: one that ends takes it along, and the next
// asks for the address that it finds on the link.
type Lease struct {
	Link string
	For  netip.Addr // what it asks for: the ENI's primary private address
	// Again says, of a wanted one, that the address is on the link already: it is
	// to be confirmed, not looked for anew.
	Again bool

	// What follows is what servers answered. A wanted Lease says nothing of it.

	Address  netip.Prefix  // what is leased to it; zero: nothing
	Lifetime time.Duration // of that, from the reading on; 0: for ever
	Server   netip.Addr    // which leased or offers it
	// Other was offered instead of what it asks for, and was not taken.
	Other netip.Prefix
	// Lost says why an address that it had is not leased to it any more; empty: it
	// had none, or has one.
	Lost string
	// Trouble says why it could not ask, or not understand; empty: it could.
	Trouble string
}

// Ref answers Lease/eth1.
func (l Lease) Ref() plan.Ref { return LeaseRef(l.Link) }

// LeaseRef answers the reference of the lease of the link of that name.
func LeaseRef(link string) plan.Ref { return plan.Ref{Kind: KindLease, Name: link} }

// Interface answers the link.
func (l Lease) Interface() string { return l.Link }

// Chain answers the interface's.
func (l Lease) Chain() string { return l.Link }

// Differs compares whether a client asks, and for what. What servers answer is
// nobody's wish.
func (Lease) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(Lease)
	b, ask := want.(Lease)
	switch {
	case ask && !have:
		return []plan.Change{{Path: "lease", From: nil, To: b.For.String()}}
	case have && !ask:
		return []plan.Change{{Path: "lease", From: a.For.String(), To: nil}}
	case ask && a.For != b.For:
		return []plan.Change{{Path: "lease", From: a.For.String(), To: b.For.String()}}
	}
	return nil
}

// lifetimeSlack is how far two lifetimes may be apart and still be one: the kernel
// counts whole seconds, and the lease was granted a moment before they were set.
const lifetimeSlack = 2 * time.Second

// sameLifetime compares two remaining lifetimes of which 0 is for ever.
func sameLifetime(a, b time.Duration) bool {
	if a == 0 || b == 0 {
		return a == b
	}
	return (a - b).Abs() <= lifetimeSlack
}

// seconds answers a lifetime as `ip` and the kernel take it.
func seconds(d time.Duration) string {
	if d == 0 {
		return "forever"
	}
	return itoa(int(d / time.Second))
}
