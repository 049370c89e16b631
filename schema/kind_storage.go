package schema

import "strings"

// KeyPairSpec is a key for logging in. Document B 01-02.
type KeyPairSpec struct {
	Account     string `json:"account,omitempty"`
	Region      string `json:"region"`
	PublicKey   string `json:"publicKey,omitempty"` // OpenSSH's form; where it is imported
	Fingerprint string `json:"fingerprint,omitempty"`
}

// ImageSpec is a machine image. Document B 02.
type ImageSpec struct {
	Account      string     `json:"account,omitempty"`
	Region       string     `json:"region"`
	FromInstance string     `json:"fromInstance,omitempty"` // "": it exists already
	OS           *ImageOS   `json:"os,omitempty"`           // nil: not known
	RootDevice   string     `json:"rootDevice,omitempty"`   // ebs, instance-store; "": not known
	NoReboot     bool       `json:"noReboot,omitempty"`
	ShareWith    *ShareWith `json:"shareWith,omitempty"` // nil: nobody
}

// ImageOS is the operating system of an image.
type ImageOS struct {
	Family  string `json:"family,omitempty"`
	Version string `json:"version,omitempty"`
}

// ShareWith is who may use an image.
type ShareWith struct {
	Regions  []string `json:"regions,omitempty"`
	Accounts []string `json:"accounts,omitempty"` // the clouds' account ids
	Public   bool     `json:"public,omitempty"`
}

// VolumeSpec is a block device. Document B 03-02.
type VolumeSpec struct {
	Account         string             `json:"account,omitempty"`
	Zone            string             `json:"zone"`
	Type            string             `json:"type"`
	SizeGiB         int                `json:"sizeGiB"`
	IOPS            int                `json:"iops,omitempty"`            // 0: the type's default
	ThroughputMiBps int                `json:"throughputMiBps,omitempty"` // 0: the type's default
	Encrypted       bool               `json:"encrypted,omitempty"`
	MultiAttach     bool               `json:"multiAttach,omitempty"`
	FromSnapshot    string             `json:"fromSnapshot,omitempty"` // a Snapshot of the files, or snap-…
	AttachTo        []VolumeAttachment `json:"attachTo,omitempty"`
}

// VolumeAttachment asks for a volume to be attached.
type VolumeAttachment struct {
	Instance string `json:"instance"`
	Device   string `json:"device"`
	// Unmounted states that the guest has it unmounted, so that it can be detached
	// while the instance runs.
	Unmounted           bool         `json:"unmounted,omitempty"`
	DeleteOnTermination bool         `json:"deleteOnTermination,omitempty"`
	Guest               *VolumeGuest `json:"guest,omitempty"` // nil: nothing is known of it
}

// VolumeGuest is what the guest makes of a volume.
type VolumeGuest struct {
	Partition  int    `json:"partition,omitempty"`  // 0: none, the file system takes all of it
	FileSystem string `json:"fileSystem,omitempty"` // ext4, xfs
	MountPoint string `json:"mountPoint,omitempty"`
}

// VolumeStatus is what was observed of a volume.
type VolumeStatus struct {
	CommonStatus
	Phase      Phase            `json:"phase,omitempty"`
	SizeGiB    int              `json:"sizeGiB,omitempty"`
	AttachedTo []AttachedVolume `json:"attachedTo,omitempty"`
}

// AttachedVolume is one attachment as it was observed.
type AttachedVolume struct {
	Instance    string `json:"instance"`
	Device      string `json:"device,omitempty"`
	GuestDevice string `json:"guestDevice,omitempty"`
	// Mounted is nil where nobody looked into the guest.
	Mounted             *bool `json:"mounted,omitempty"`
	DeleteOnTermination bool  `json:"deleteOnTermination,omitempty"`
}

// SnapshotSpec is the state of a volume, or of an instance's volumes together, at
// one time. Document B 03-02.
type SnapshotSpec struct {
	Of          SnapshotOf `json:"of"`
	Description string     `json:"description,omitempty"`
}

// SnapshotOf is what a snapshot is taken of.
type SnapshotOf struct {
	Volume   string `json:"volume,omitempty"`
	Instance string `json:"instance,omitempty"`
}

// Kind answers KindKeyPair.
func (*KeyPairSpec) Kind() Kind { return KindKeyPair }

// References answers the account.
func (s *KeyPairSpec) References() (r []FieldRef) {
	(*refs)(&r).add("spec.account", KindAccount, s.Account)
	return r
}

func (s *KeyPairSpec) place() place { return place{account: s.Account, region: s.Region} }

// Kind answers KindImage.
func (*ImageSpec) Kind() Kind { return KindImage }

// References answers the account and the instance that it is made from.
func (s *ImageSpec) References() []FieldRef {
	var r refs
	r.add("spec.account", KindAccount, s.Account)
	r.add("spec.fromInstance", KindInstance, s.FromInstance)
	return r
}

func (s *ImageSpec) place() place { return place{account: s.Account, region: s.Region} }

// Kind answers KindVolume.
func (*VolumeSpec) Kind() Kind { return KindVolume }

// References answers the account, the snapshot and the instances.
func (s *VolumeSpec) References() []FieldRef {
	var r refs
	r.add("spec.account", KindAccount, s.Account)
	if !strings.HasPrefix(s.FromSnapshot, "snap-") {
		r.add("spec.fromSnapshot", KindSnapshot, s.FromSnapshot)
	}
	for i, a := range s.AttachTo {
		r.add(indexed("spec.attachTo", i, "instance"), KindInstance, a.Instance)
	}
	return r
}

func (s *VolumeSpec) place() place { return place{account: s.Account, zone: s.Zone} }

// Kind answers KindSnapshot.
func (*SnapshotSpec) Kind() Kind { return KindSnapshot }

// References answers what it is taken of.
func (s *SnapshotSpec) References() []FieldRef {
	var r refs
	r.add("spec.of.volume", KindVolume, s.Of.Volume)
	r.add("spec.of.instance", KindInstance, s.Of.Instance)
	return r
}

func (s *SnapshotSpec) place() place {
	if s.Of.Volume != "" {
		return place{up: ref(KindVolume, s.Of.Volume)}
	}
	return place{up: ref(KindInstance, s.Of.Instance)}
}
