package guest

import (
	"testing"

	"enid/plan"
	"enid/schema"
)

func TestVolumeAt(t *testing.T) {
	w := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, 4)
	put := func(kind schema.Kind, name string, s schema.Spec, status schema.Status) {
		ref := plan.Ref{Kind: kind, Name: name}
		w.Put(ref, &schema.Resource{Ref: ref, Spec: s, Status: status})
	}
	put(schema.KindHost, "db", &schema.HostSpec{Instance: "db-1"}, nil)
	put(schema.KindVolume, "logs", &schema.VolumeSpec{AttachTo: []schema.VolumeAttachment{{Instance: "db-1", Guest: &schema.VolumeGuest{MountPoint: "/var/log"}}}}, nil)
	put(schema.KindVolume, "data", &schema.VolumeSpec{}, &schema.VolumeStatus{AttachedTo: []schema.AttachedVolume{{Instance: "db-1", GuestDevice: "/dev/nvme1n1"}}, CommonStatus: schema.CommonStatus{ID: "vol-0abc"}})
	put(schema.KindVolume, "other", &schema.VolumeSpec{}, &schema.VolumeStatus{AttachedTo: []schema.AttachedVolume{{Instance: "db-2", GuestDevice: "/dev/sdz"}}})
	for _, c := range []struct{ device, serial, mountPoint, want string }{
		{"/dev/sda1", "", "/var/log", "logs"},
		{"/dev/nvme1n1p2", "", "/srv", "data"},
		{"/dev/nvme1n1", "", "/srv", "data"},
		{"/dev/nvme1n12", "", "/srv", ""},
		{"/dev/nvme1n1px", "", "/srv", ""},
		{"/dev/sdz", "", "/srv", ""},
		{"/dev/sda1", "", "/", ""},
		{"/dev/nvme2n1p1", "vol0abc", "/srv", "data"},
		{"/dev/nvme1n1", "vol0def", "/srv", ""},
		{"/dev/nvme1n1", "vol0def", "/var/log", "logs"},
	} {
		if got, err := VolumeAt(w, "db", c.device, c.serial, c.mountPoint); got != c.want || err != nil {
			t.Errorf("%s at %s: %q, %v, want %q", c.device, c.mountPoint, got, err, c.want)
		}
	}
	if _, err := VolumeAt(w, "nobody", "/dev/sda", "", "/"); err == nil {
		t.Error("a Host that is not there is believed")
	}
}
