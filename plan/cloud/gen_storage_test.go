package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// storedKinds are what holds data.
var storedKinds = []schema.Kind{schema.KindVolume, schema.KindVolume, schema.KindVolume, schema.KindSnapshot, schema.KindImage, schema.KindImage, schema.KindKeyPair}

// growStored adds something that holds data, and answers whether there is an
// account for it.
func (t *town) growStored() bool {
	if t.set[accountRef(string(schema.AWS))] == nil {
		return false
	}
	ref := plan.Ref{Kind: pick(t.dice, storedKinds), Name: t.name()}
	s := t.storedSpec(ref.Kind)
	if s == nil {
		return false
	}
	t.put(ref, s)
	return true
}

// storedSpec draws one of the kind; nil where there is nothing to make it of.
func (t *town) storedSpec(k schema.Kind) schema.Spec {
	region := pick(t.dice, []string{"r1", "r1", "r2"})
	switch k {
	case schema.KindVolume:
		s := &schema.VolumeSpec{Account: string(schema.AWS), Zone: region + pick(t.dice, []string{"-a", "-a", "-b"}), SizeGiB: pick(t.dice, []int{10, 20, 40}),
			Encrypted: t.chance(20), FromSnapshot: pick(t.dice, append(t.all(schema.KindSnapshot), "", "", "snap-1"))}
		t.volumeType(s)
		if t.chance(80) {
			t.attachments(s)
		}
		return s
	case schema.KindSnapshot:
		if v := pick(t.dice, t.all(schema.KindVolume)); v != "" && t.chance(60) {
			return &schema.SnapshotSpec{Of: schema.SnapshotOf{Volume: v}}
		}
		if i := pick(t.dice, t.launched("")); i != "" {
			return &schema.SnapshotSpec{Of: schema.SnapshotOf{Instance: i}}
		}
	case schema.KindImage:
		s := &schema.ImageSpec{Account: string(schema.AWS), Region: region, NoReboot: t.chance(30), ShareWith: t.users()}
		if i := pick(t.dice, t.launched("")); i != "" && t.chance(75) {
			s.FromInstance, s.Region = i, schema.RegionOf(t, t.set[instanceRef(i)])
		}
		return s
	case schema.KindKeyPair:
		return &schema.KeyPairSpec{Account: string(schema.AWS), Region: region, PublicKey: pick(t.dice, []string{"", "ssh-ed25519 AAAA me", "ssh-ed25519 BBBB"})}
	}
	return nil
}

// launched answers the instances of AWS, in the zone where one is given.
func (t *town) launched(zone string) []string {
	return slices.DeleteFunc(t.all(schema.KindInstance), func(n string) bool {
		return !t.in(instanceRef(n), schema.AWS) || zone != "" && schema.ZoneOf(t, t.set[instanceRef(n)]) != zone
	})
}

func (t *town) users() *schema.ShareWith {
	return pick(t.dice, []*schema.ShareWith{nil, nil, {}, {Regions: []string{"r2"}}, {Regions: []string{"r1", "r2"}, Public: true}, {Accounts: []string{"111111111111"}}})
}

func (t *town) volumeType(s *schema.VolumeSpec) {
	s.Type, s.IOPS, s.ThroughputMiBps = pick(t.dice, []string{"gp2", "gp3", "io1", "io2", "io2"}), 0, 0
	switch {
	case s.Type == "gp3" && t.chance(50):
		s.IOPS, s.ThroughputMiBps = 4000, pick(t.dice, []int{0, 250})
	case takesSeveral(s.Type):
		s.IOPS = pick(t.dice, []int{1000, 2000})
	}
	s.MultiAttach = t.chance(5) || takesSeveral(s.Type) && t.chance(50)
}

// attachments draws where the volume is attached, mostly where it can be.
func (t *town) attachments(s *schema.VolumeSpec) {
	s.AttachTo = nil
	n := 1
	if s.MultiAttach || t.chance(10) {
		n = 1 + t.IntN(3)
	}
	for range n {
		at := schema.VolumeAttachment{Instance: pick(t.dice, t.launched(s.Zone)), Device: pick(t.dice, devices), Unmounted: t.chance(30), DeleteOnTermination: t.chance(35)}
		if t.chance(6) {
			at.Instance = pick(t.dice, t.launched(""))
		}
		if at.Instance != "" && attachmentTo(s, at.Instance).Instance == "" {
			s.AttachTo = append(s.AttachTo, at)
		}
	}
}

var devices = []string{"/dev/sdf", "/dev/sdg", "/dev/xvdh"}

// launchWith draws the image and the key pair of an instance of AWS.
func (t *town) launchWith(s *schema.InstanceSpec) {
	if t.chance(50) {
		s.KeyPair = pick(t.dice, append(t.all(schema.KindKeyPair), ""))
		return
	}
	s.Image = pick(t.dice, append(t.all(schema.KindImage), "debian-12"))
}

// changeStored changes one of what holds data.
func (t *town) changeStored() {
	ref := plan.Ref{Kind: pick(t.dice, storedKinds)}
	if ref.Name = pick(t.dice, t.all(ref.Kind)); ref.Name == "" {
		return
	}
	switch ref.Kind {
	case schema.KindVolume:
		s := copied[schema.VolumeSpec](t, ref)
		if other := pick(t.dice, t.all(schema.KindVolume)); other != ref.Name && t.chance(12) {
			o := copied[schema.VolumeSpec](t, volumeRef(other)) // they change places
			s.AttachTo, o.AttachTo = o.AttachTo, s.AttachTo
			t.put(volumeRef(other), o)
			t.put(ref, s)
			return
		}
		t.changeVolume(s)
		if t.chance(40) {
			t.changeVolume(s)
		}
		t.put(ref, s)
	case schema.KindSnapshot:
		s := copied[schema.SnapshotSpec](t, ref)
		if s.Description = "nightly"; t.chance(40) {
			if other, some := t.storedSpec(ref.Kind).(*schema.SnapshotSpec); some {
				s = other
			} // else nothing is left to take one of
		}
		t.put(ref, s)
	case schema.KindImage:
		s := copied[schema.ImageSpec](t, ref)
		switch t.IntN(8) {
		case 0, 1, 2, 3:
			if s.FromInstance = pick(t.dice, append(t.launched(""), "")); s.FromInstance != "" {
				s.Region = schema.RegionOf(t, t.set[instanceRef(s.FromInstance)])
			}
		case 4:
			s.Region = pick(t.dice, []string{"r1", "r2"})
		default:
			s.ShareWith = t.users()
		}
		t.put(ref, s)
	case schema.KindKeyPair:
		t.put(ref, t.storedSpec(ref.Kind))
	}
}

func (t *town) changeVolume(s *schema.VolumeSpec) {
	s.AttachTo = slices.Clone(s.AttachTo)
	switch t.IntN(14) {
	case 0:
		s.SizeGiB = pick(t.dice, []int{10, 20, 40, 80})
	case 1:
		s.SizeGiB += 10
	case 2:
		t.volumeType(s)
	case 3:
		s.MultiAttach = !s.MultiAttach
	case 4:
		s.Encrypted = !s.Encrypted
	case 5:
		s.Zone = pick(t.dice, []string{"r1-a", "r1-b", "r2-a"})
	case 6:
		s.FromSnapshot = pick(t.dice, append(t.all(schema.KindSnapshot), ""))
	case 7, 8:
		s.AttachTo = nil
	case 9, 10:
		for i := range s.AttachTo {
			at := &s.AttachTo[i]
			at.DeleteOnTermination, at.Unmounted, at.Device = t.chance(50), t.chance(50), pick(t.dice, append(devices, at.Device))
		}
	default:
		t.attachments(s)
	}
}

// stored takes back what the resource is made of or attached to and is not there,
// and answers whether enough is left of it.
func (t *town) stored(ref plan.Ref) bool {
	switch s := t.set[ref].Spec.(type) {
	case *schema.VolumeSpec:
		c := *s
		c.AttachTo = slices.DeleteFunc(slices.Clone(s.AttachTo), func(a schema.VolumeAttachment) bool {
			return t.set[instanceRef(a.Instance)] == nil || !t.in(instanceRef(a.Instance), schema.AWS)
		})
		if len(c.AttachTo) == 0 {
			c.AttachTo = nil
		}
		if c.FromSnapshot != "snap-1" && t.set[snapshotRef(c.FromSnapshot)] == nil {
			c.FromSnapshot = ""
		}
		t.put(ref, &c)
	case *schema.SnapshotSpec:
		return t.set[volumeRef(s.Of.Volume)] != nil || t.set[instanceRef(s.Of.Instance)] != nil && t.in(instanceRef(s.Of.Instance), schema.AWS)
	case *schema.ImageSpec:
		if from := t.set[instanceRef(s.FromInstance)]; s.FromInstance != "" && (from == nil || !t.in(from.Ref, schema.AWS) || schema.RegionOf(t, from) != s.Region) {
			c := *s
			c.FromInstance = ""
			t.put(ref, &c)
		}
	}
	return true
}

// repairStored has each device of an instance declared once, and instances of AWS
// launched with what is in their region.
func (t *town) repairStored() {
	type slot struct{ instance, device string }
	taken := map[slot]bool{}
	for _, n := range t.all(schema.KindVolume) {
		s := copied[schema.VolumeSpec](t, volumeRef(n))
		s.AttachTo = slices.DeleteFunc(slices.Clone(s.AttachTo), func(a schema.VolumeAttachment) bool {
			was := taken[slot{a.Instance, a.Device}]
			taken[slot{a.Instance, a.Device}] = true
			return was
		})
		if len(s.AttachTo) == 0 {
			s.AttachTo = nil
		}
		t.put(volumeRef(n), s)
	}
	for _, n := range t.all(schema.KindInstance) {
		s, region := copied[schema.InstanceSpec](t, instanceRef(n)), schema.RegionOf(t, t.set[instanceRef(n)])
		key, image := spec[*schema.KeyPairSpec](t.set[keyPairRef(s.KeyPair)]), spec[*schema.ImageSpec](t.set[imageRef(s.Image)])
		if key == nil || key.Region != region {
			s.KeyPair = ""
		}
		if image != nil && image.Region != region && !slices.Contains(sharing(image).Regions, region) || image == nil && !slices.Contains([]string{"debian-12", "debian-13"}, s.Image) {
			s.Image = "debian-12"
		}
		t.put(instanceRef(n), s)
	}
}

// storedStatus answers what was observed of one of what holds data.
func (g *giver) storedStatus(r *schema.Resource) schema.Status {
	s := spec[*schema.VolumeSpec](r)
	if g.chance(6) || s == nil && g.chance(30) {
		return nil
	}
	if s == nil {
		return &schema.CommonStatus{ID: "x-1"}
	}
	st := &schema.VolumeStatus{SizeGiB: s.SizeGiB}
	if g.chance(8) {
		st.SizeGiB = max(1, s.SizeGiB+pick(g.dice, []int{-5, 15}))
	}
	for _, a := range s.AttachTo {
		if g.chance(7) {
			continue // somebody detached it
		}
		at := schema.AttachedVolume{Instance: a.Instance, Device: a.Device, DeleteOnTermination: a.DeleteOnTermination != g.chance(6)}
		at.Mounted = pick(g.dice, []*bool{nil, nil, nil, new(true), new(false)})
		if g.chance(4) {
			at.Device = pick(g.dice, []string{"", "/dev/sdx"})
		}
		st.AttachedTo = append(st.AttachedTo, at)
	}
	if to := pick(g.dice, g.launched("")); to != "" && g.chance(6) && (s.MultiAttach || len(st.AttachedTo) == 0) && attachmentTo(s, to).Instance == "" {
		st.AttachedTo = append(st.AttachedTo, schema.AttachedVolume{Instance: to, Device: "/dev/sdy", DeleteOnTermination: g.chance(50)})
	}
	st.Phase = restingPhase(st.AttachedTo)
	switch n := g.IntN(100); {
	case n < 6 && len(st.AttachedTo) > 0:
		st.Phase = pick(g.dice, []schema.Phase{schema.PhaseAttaching, schema.PhaseDetaching})
	case n < 6:
		st.Phase = pick(g.dice, []schema.Phase{schema.PhaseCreating, schema.PhaseInUse})
	}
	return st
}
