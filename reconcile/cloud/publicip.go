package cloud

import (
	"time"

	"enid/schema"
)

// The limits of changing a NAT public IP. Document A 3.2.
const (
	changeWindow = 6 * time.Hour
	mostChanges  = 3
)

// asksPublicIP reports whether a spec asks for a public address; a bandwidth of
// 0 is a release.
func asksPublicIP(p *schema.PublicIP) bool {
	return p != nil && (p.BandwidthMbps == nil || *p.BandwidthMbps > 0)
}

func subscription(s *schema.InstanceSpec) bool { return s.Billing.Method == "subscription" }

// allocatePublicIP gives an existing instance a NAT public IP.
func (e *edit) allocatePublicIP() error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	switch {
	case e.provider == schema.AWS:
		return e.refuse(unsupported, "automatic public addresses are assigned at launch only")
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case i.status.PublicIP != nil:
		return e.refuse(codes{alibaba: "AllocatedAlready"}, "%s has a public address", i.ref)
	case len(e.bound[i.ref]) > 0:
		return e.refuse(codes{alibaba: "InvalidInstance.EipNotSupport"}, "%s has %s", i.ref, e.bound[i.ref][0])
	case !subscription(&i.spec):
		return e.refuse(denied, "%s is pay-as-you-go, and was made without a public address", i.ref)
	case !asksPublicIP(want.PublicIP):
		return e.refuse(codes{alibaba: "AllocateIpInvalidInstanceBandwidth"}, "the bandwidth is 0")
	}
	i.spec.PublicIP, i.status.PublicIP = want.PublicIP, &schema.PublicIPStatus{}
	e.setInstance(i)
	return nil
}

// releasePublicIP takes the NAT public IP away. Document A 2.1.
func (e *edit) releasePublicIP() error {
	i, want, err := e.wantedInstance()
	if err != nil {
		return err
	}
	switch {
	case e.provider == schema.AWS:
		return e.refuse(unsupported, "automatic public addresses are not released by hand")
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case i.classic():
		return e.refuse(denied, "a classic public address goes with its instance only")
	case !subscription(&i.spec):
		return e.refuse(codes{alibaba: "ChargeTypeViolation"}, "%s is pay-as-you-go", i.ref)
	case i.status.PublicIP == nil:
		return e.refuse(denied, "%s has no public address", i.ref)
	}
	i.spec.PublicIP, i.status.PublicIP = want.PublicIP, nil
	e.setInstance(i)
	return nil
}

// publicIP answers the target, its NAT public IP as applied, and what is asked of it.
func (e *edit) publicIP() (i instance, is schema.PublicIP, want *schema.PublicIP, err error) {
	i, spec, err := e.wantedInstance()
	if err != nil {
		return i, is, nil, err
	}
	if spec.PublicIP == nil || i.spec.PublicIP == nil || i.status.PublicIP == nil {
		return i, is, nil, e.refuse(denied, "%s has no public address that could change", i.ref)
	}
	return i, *i.spec.PublicIP, spec.PublicIP, nil
}

// changePublicIP asks for one other public address. Document A 3.2.
func (e *edit) changePublicIP() error {
	i, is, want, err := e.publicIP()
	if err != nil {
		return err
	}
	created, used := i.status.CreatedAt.Time, i.status.PublicIP.Changes
	switch {
	case e.provider == schema.AWS:
		return e.refuse(unsupported, "automatic public addresses change with a stop and a start")
	case want.Rotation <= is.Rotation:
		return e.refuse(badParameter, "no other address is asked for")
	case i.status.Phase != schema.PhaseStopped:
		return e.refuse(instanceState, "%s is %s, not stopped", i.ref, i.status.Phase)
	case created.IsZero() || e.call.At.Sub(created) >= changeWindow:
		return e.refuse(denied, "%s is not known to be younger than 6 h", i.ref)
	case used >= mostChanges:
		return e.refuse(denied, "%s has had %d of %d changes", i.ref, used, mostChanges)
	}
	is.Rotation++
	i.spec.PublicIP, i.status.PublicIP = &is, &schema.PublicIPStatus{Changes: used + 1} // which address is not known here
	e.setInstance(i)
	return nil
}

// changePublicBandwidth changes a NAT public IP's bandwidth. On a classic
// instance 0 keeps the address and cuts the internet off. Document A 2.2.
func (e *edit) changePublicBandwidth() error {
	i, is, want, err := e.publicIP()
	if err != nil {
		return err
	}
	switch {
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case !asksPublicIP(want) && !i.classic():
		return e.refuse(badParameter, "bandwidth 0 is a release")
	}
	is.BandwidthMbps = want.BandwidthMbps
	i.spec.PublicIP = &is
	e.setInstance(i)
	return nil
}
