package schema

import "strings"

// defaulted is a spec with fields that have a default in every cloud.
type defaulted interface{ setDefaults() }

func setDefaults(s Spec) {
	if d, ok := s.(defaulted); ok {
		d.setDefaults()
	}
}

// or sets a field that is not set.
func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (s *SubnetSpec) setDefaults() {
	for i := range s.Reservations {
		or(&s.Reservations[i].Type, "prefix")
	}
}

func (s *SecurityGroupSpec) setDefaults() {
	for i := range s.Rules {
		r := &s.Rules[i]
		or(&r.Direction, "ingress")
		or(&r.Protocol, "all")
		or(&r.Action, "allow")
		or(&r.Priority, 1)
	}
}

func (s *InstanceSpec) setDefaults() {
	or(&s.NetworkType, NetworkVPC)
	or(&s.Power, PowerRunning)
	or(&s.Billing.Method, "pay-as-you-go")
	if s.RootVolume != nil && s.RootVolume.DeleteOnTermination == nil {
		s.RootVolume.DeleteOnTermination = new(true)
	}
}

func (s *VPCEndpointSpec) setDefaults() { or(&s.Type, "Interface") }

func (s *HostSpec) setDefaults() {
	or(&s.Addressing, "static")
	or(&s.Routing.Mode, "balanced")
	or(&s.Routing.MetricBase, 1001)
	or(&s.Routing.TableBase, 1001)
	or(&s.Routing.PriorityBase, 7000)
	or(&s.Queues, Queues{Auto: true})
	or(&s.IRQBalance, "unmanaged")
	or(&s.RPS, RPS{Mode: "unmanaged"})
	or(&s.XPS, "unmanaged")
	or(&s.RFS, RFS{Unmanaged: true})
	or(&s.Persist, "none")
}

func (s *PolicySpec) setDefaults() {
	or(&s.Downtime, "deny")
	if s.Prune == nil {
		s.Prune = new(true)
	}
	for i := range s.Windows {
		or(&s.Windows[i].TimeZone, "UTC")
	}
}

// normalize brings what may be written in several ways into the one that is kept.
func normalize(spec Spec, status Status) {
	switch s := spec.(type) {
	case *InstanceSpec:
		s.MAC = strings.ToLower(s.MAC)
	case *ENISpec:
		s.MAC = strings.ToLower(s.MAC)
	}
	switch s := status.(type) {
	case *InstanceStatus:
		s.MAC = strings.ToLower(s.MAC)
	case *ENIStatus:
		s.MAC = strings.ToLower(s.MAC)
	}
	sayWhere(spec, status)
}

// sayWhere completes a status that says in-use and not where: there the spec tells.
func sayWhere(spec Spec, status Status) {
	switch s := status.(type) {
	case *ENIStatus:
		if at := spec.(*ENISpec).AttachTo; s.Phase == PhaseInUse && s.Instance == "" && at != nil {
			s.Instance = at.Instance
			or(&s.DeviceIndex, at.DeviceIndex)
		}
	case *EIPStatus:
		if s.Phase == PhaseInUse && s.BoundTo == nil {
			s.BoundTo = spec.(*EIPSpec).BindTo
		}
	case *VolumeStatus:
		if s.Phase == PhaseInUse && len(s.AttachedTo) == 0 {
			for _, a := range spec.(*VolumeSpec).AttachTo {
				s.AttachedTo = append(s.AttachedTo, AttachedVolume{Instance: a.Instance, Device: a.Device, DeleteOnTermination: a.DeleteOnTermination})
			}
		}
	}
}
