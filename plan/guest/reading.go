package guest

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// Reading is what must be read of a machine to decide about it; everything else
// there is left unread, however much it is.
type Reading struct {
	// MACs are of the NICs whose queues matter; All: every NIC's do.
	MACs []string
	All  bool
	// Masks says that RPS is managed on some of them.
	Masks bool
	// Sysctls says that the Host declares switches of their interfaces.
	Sysctls bool
	// IPv6 says that an ENI has, or is to have, IPv6 addresses: main's IPv6 default
	// routes matter then.
	IPv6 bool
	// XPS and RFS say so of these, Services of services.
	XPS, RFS, Services bool
	// Tables are read whole, foreign routes included. Of all other tables enid's
	// own routes are read, and of main its default routes as well.
	Tables []uint32
	// Host is whose files are read; empty: none.
	Host string
	// Links are those whose routes are read in every table: an address goes there,
	// and the kernel may take foreign routes along.
	Links []string
	// Volumes are those whose disks, partitions and file systems are read.
	Volumes []Volume
}

// Concerns reports whether a link's queues and switches are to be read.
func (r Reading) Concerns(l Link) bool {
	return r.All || slices.Contains(r.MACs, l.MAC) || slices.Contains(r.MACs, l.PermMAC)
}

// Reading answers what must be read to decide about this host.
func (h *Host) Reading() Reading {
	r := Reading{Masks: managed(h.Spec.RPS), XPS: h.Spec.Steering(schema.ENIGuest{}).XPS != "unmanaged", RFS: h.Spec.RFS.Entries > 0 || h.Spec.RFS.Off,
		Sysctls: declaresSysctls(h.Spec.Sysctls), Services: h.Spec.IRQBalance != "" && h.Spec.IRQBalance != "unmanaged", Volumes: h.Volumes, Host: h.Name}
	if h.PrimaryMAC != "" {
		r.MACs = append(r.MACs, h.PrimaryMAC)
	}
	for _, e := range h.ENIs {
		if e.MAC != "" {
			r.MACs = append(r.MACs, e.MAC)
		}
		r.Masks = r.Masks || managed(e.Guest.RPS)
		r.IPv6 = r.IPv6 || slices.ContainsFunc(e.Addresses, netip.Addr.Is6) ||
			slices.ContainsFunc(e.Prefixes, func(p netip.Prefix) bool { return p.Addr().Is6() })
		r.XPS = r.XPS || e.Guest.XPS != "unmanaged"
		r.Tables = append(r.Tables, uint32(e.Guest.Table))
	}
	slices.Sort(r.MACs)
	slices.Sort(r.Tables)
	r.MACs, r.Tables = slices.Compact(r.MACs), slices.Compact(r.Tables)
	return r
}

func managed(r schema.RPS) bool { return r.Mode != "" && r.Mode != "unmanaged" }

// Leaves answers the links that a plan takes addresses from: those whose foreign
// routes must be known before it is shown or done.
func Leaves(p *plan.Plan, world *plan.World) (links []string) {
	for _, s := range p.Steps {
		if a, ok := world.Get(s.Target).(Address); ok && s.Op.ID == DeleteAddress {
			links = append(links, a.Link)
		}
	}
	slices.Sort(links)
	return slices.Compact(links)
}
