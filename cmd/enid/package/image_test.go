//go:build linux

package packaging

import (
	"path/filepath"
	"strings"
	"testing"
)

// imageHolds builds the image of the Dockerfile, without a network, and runs it. Its
// first stage stands on this machine's own Go and git instead of the official image;
// its second stands on nothing.
func imageHolds(t *testing.T, source, program string) {
	dir := t.TempDir()
	buildah := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(run(t, source, append([]string{"buildah", "--storage-driver=vfs", "--root=" + dir + "/root", "--runroot=" + dir + "/run"}, args...)...))
	}
	t.Cleanup(func() { buildah("unmount", "--all"); buildah("rm", "--all"); buildah("rmi", "--all", "--force") })
	base := filepath.Join(dir, "base")
	put(t, filepath.Join(base, "Dockerfile"), "FROM scratch\nCOPY . /\nENV PATH=/go/bin:/usr/bin HOME=/root\n")
	run(t, base, "sh", "-ec", "mkdir -p usr tmp etc/ssl root; for d in bin sbin lib lib64; do ln -s usr/$d $d; done")
	buildah("build", "--isolation=chroot", "--tag=localhost/go", base)

	goEnv := strings.Fields(run(t, source, "go", "env", "GOROOT", "GOMODCACHE", "GOCACHE"))
	buildah("build", "--isolation=chroot", "--pull-never", "--build-arg=GO_IMAGE=localhost/go", "--file=cmd/enid/package/Dockerfile", "--tag=localhost/enid",
		"--volume=/usr:/usr:ro", "--volume=/etc/ssl:/etc/ssl:ro", "--volume="+goEnv[0]+":/go:ro", "--volume="+goEnv[1]+":/root/go/pkg/mod:ro", "--volume="+goEnv[2]+":/root/.cache/go-build", ".")
	c := buildah("from", "--pull-never", "localhost/enid")
	root := buildah("mount", c)
	if got := run(t, root, "find", ".", "-type", "f", "-size", "+0"); got != "./usr/bin/enid\n./etc/ssl/certs/ca-certificates.crt\n" && got != "./etc/ssl/certs/ca-certificates.crt\n./usr/bin/enid\n" {
		t.Errorf("in the image is:\n%s", got)
	}
	run(t, root, "cmp", "usr/bin/enid", program)

	work := filepath.Join(dir, "work")
	put(t, filepath.Join(work, "topology", "policy.yaml"), `apiVersion: enid/v1
kind: Policy
metadata: {name: night}
spec: {downtime: window, windows: [{schedule: "0 2 * * *", duration: 2h, timeZone: Asia/Shanghai}]}
`)
	run(t, source, "cp", "-r", "examples/multi-eni/topology", work)
	enid := func(args ...string) string {
		t.Helper()
		return buildah(append([]string{"run", "--isolation=chroot", "--volume=" + work + ":/work:ro", c, "--", "/usr/bin/enid"}, args...)...)
	}
	if got := enid("version"); !strings.HasPrefix(got, "enid v1.0.0 (commit ") {
		t.Errorf("enid version: %s", got)
	}
	enid("validate")
	enid("apply", "--yes")
	enid("plan") // 0: there is nothing left to do
	if got := strings.TrimSpace(run(t, dir, "find", "root", "-path", "*/buildah-volumes/*", "-type", "f", "-printf", "%f of %U\n")); got != "enid.db of 65532" {
		t.Errorf("in the volume is %s", got)
	}
}
