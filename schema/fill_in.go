package schema

// owned is a spec that says its account itself, where it is not in a VPC.
type owned interface {
	Spec
	// inAccount answers a copy of the spec in that account, nil where the spec
	// says its account already or takes it from elsewhere.
	inAccount(name string) Spec
}

func (s *VPCSpec) inAccount(name string) Spec {
	if s.Account != "" {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *EIPSpec) inAccount(name string) Spec {
	if s.Account != "" {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *KeyPairSpec) inAccount(name string) Spec {
	if s.Account != "" {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *ImageSpec) inAccount(name string) Spec {
	if s.Account != "" {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *VolumeSpec) inAccount(name string) Spec {
	if s.Account != "" {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *SecurityGroupSpec) inAccount(name string) Spec {
	if s.Account != "" || s.NetworkType != NetworkClassic {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

func (s *InstanceSpec) inAccount(name string) Spec {
	if s.Account != "" || s.NetworkType != NetworkClassic {
		return nil
	}
	c := *s
	c.Account = name
	return &c
}

// fillIn fills in what is only known of all resources together: the account,
// where there is exactly one, and the defaults of a cloud. What is changed is a copy.
func fillIn(all []*Resource) *Topology {
	out := make([]*Resource, len(all))
	copy(out, all)
	account := onlyAccount(all)
	if account != "" {
		for i, r := range out {
			if s, ok := r.Spec.(owned); ok {
				if filled := s.inAccount(account); filled != nil {
					out[i] = r.With(filled, nil)
				}
			}
		}
	}
	t := NewTopology(out)
	for i, r := range t.resources {
		if s, ok := r.Spec.(*InstanceSpec); ok && s.RootDevice == "" && t.Provider(r) == AWS {
			c := *s
			c.RootDevice = "ebs"
			t.resources[i] = r.With(&c, nil)
			t.byRef[r.Ref] = t.resources[i]
		}
	}
	return t
}

// onlyAccount answers the name of the only Account, "" where there are none or several.
func onlyAccount(all []*Resource) (name string) {
	for _, r := range all {
		if r.Kind == KindAccount {
			if name != "" {
				return ""
			}
			name = r.Name
		}
	}
	return name
}
