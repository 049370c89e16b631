//go:build linux

package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The machine has two volumes, each a sparse file outside: one that can grow, which a
// virtio driver shows as vda, and one by NVMe. Their serials are those of EBS volumes,
// which have as many characters as either takes.
const (
	volume, volumeSerial = "volume", "vol0a7f3d9c5e1b28640"
	decoy, decoySerial   = "decoy", "vol0b8e4c1d6f2a39750"
	gib                  = 1 << 30
)

// makeVolumes makes them as they are at first.
func makeVolumes(work string) error {
	for _, name := range []string{volume, decoy} {
		file := filepath.Join(work, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(file, gib); err != nil {
			return err
		}
	}
	return nil
}

func volumeParts() (args []string) {
	for name, device := range map[string]string{volume: "virtio-blk-pci,serial=" + volumeSerial, decoy: "nvme,serial=" + decoySerial} {
		args = append(args, "-blockdev", fmt.Sprintf("driver=raw,node-name=%s,file.driver=file,file.filename=%s", name, name),
			"-device", device+",drive="+name)
	}
	return args
}

// grow makes the volume larger, as the cloud does after ModifyVolume.
func grow(t *testing.T, n int64) {
	t.Helper()
	q, err := control()
	if err == nil {
		err = q.ask("block_resize", properties{"node-name": volume, "size": n})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sysfsBytes answers the size of a block device.
func sysfsBytes(device string) int64 {
	b, _ := os.ReadFile("/sys/class/block/" + device + "/size")
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n * 512
}

const volumeFile = `
apiVersion: enid/v1
kind: Volume
metadata: {name: data}
spec:
  zone: us-east-1a
  type: gp3
  sizeGiB: %d
  attachTo: [{instance: web-1, device: /dev/sdf, guest: {partition: 1, fileSystem: ext4}}]
`

// The state is that of a volume that is attached already. What it says of the guest's
// device is of another boot: there is the decoy now.
const volumeStatus = `status:
  id: vol-0a7f3d9c5e1b28640
  phase: in-use
  sizeGiB: 1
  attachedTo: [{instance: web-1, device: /dev/sdf, guestDevice: /dev/nvme0n1}]
`

// A volume grows in use: the commit asks the cloud, the machine sees the new size some
// time later, and then the partition and the ext4 on it grow at once, with nobody
// polling. The disk is found by its serial, not by its name.
func TestVolumeGrows_volume_grow_guest(t *testing.T) {
	l := newLab(t)
	l.host("queues: unmanaged")
	table := exec.Command("sfdisk", "--quiet", "/dev/vda")
	table.Stdin = strings.NewReader("label: gpt\nstart=2048\n")
	if out, err := table.CombinedOutput(); err != nil {
		t.Fatalf("sfdisk: %v: %s", err, out)
	}
	l.sh("mkfs.ext4 -q /dev/vda1")
	at := t.TempDir()
	if err := unix.Mount("/dev/vda1", at, "ext4", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	})
	state := filepath.Join(t.TempDir(), "volume.yaml")
	if err := os.WriteFile(state, []byte(network+"---"+fmt.Sprintf(volumeFile, 1)+volumeStatus), 0o600); err != nil {
		t.Fatal(err)
	}
	l.enid(0, "import", "-f", state, "--state", l.state)
	l.write("volume.yaml", fmt.Sprintf(volumeFile, 2))
	l.daemon()
	l.until("the disk is waited for", l.status("Waiting", "/dev/vda"))
	grow(t, 2*gib)
	l.until("it has grown", l.status("Converged"))
	size := int64(2 * gib)
	for _, more := range []int64{0, 3 << 20, 7 << 20, 130 << 20} { // an ext4 does not take every remainder
		size += more
		grow(t, size)
		l.until("the partition fills the disk", func() error {
			if n := sysfsBytes("vda1"); n < size-2<<20 {
				return fmt.Errorf("it has %d bytes of %d", n, size)
			}
			return nil
		})
		l.until("and it comes to rest", l.status("Converged"))
	}
	var s unix.Statfs_t
	if err := unix.Statfs(at, &s); err != nil || int64(s.Blocks)*s.Bsize < 2*gib-2*gib/10 {
		t.Errorf("the file system has %d blocks of %d bytes: %v", s.Blocks, s.Bsize, err)
	}
}
