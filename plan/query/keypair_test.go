package query_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"enid/plan/query"
	"enid/schema"
)

// tool runs a program and answers its output; the test is skipped where the
// program is not installed.
func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	var stderr bytes.Buffer
	c := exec.Command(name, args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, &stderr)
	}
	return out
}

// lastWord answers what follows "= " in openssl's output, or the second word of ssh-keygen's.
func lastWord(out []byte) string {
	if _, value, ok := strings.Cut(string(out), "= "); ok {
		return strings.TrimSpace(value)
	}
	return strings.Fields(string(out))[1]
}

// TestFingerprints_key_pair_fingerprint judges with openssl, as the source does,
// and with ssh-keygen, on keys made here.
func TestFingerprints_key_pair_fingerprint(t *testing.T) {
	dir := t.TempDir()
	pkcs1, pkcs8 := filepath.Join(dir, "pkcs1.pem"), filepath.Join(dir, "pkcs8.pem")
	tool(t, "openssl", "genrsa", "-traditional", "-out", pkcs1, "2048")
	tool(t, "openssl", "pkcs8", "-in", pkcs1, "-topk8", "-nocrypt", "-out", pkcs8)
	der := tool(t, "openssl", "pkcs8", "-in", pkcs1, "-inform", "PEM", "-outform", "DER", "-topk8", "-nocrypt")
	spki := tool(t, "openssl", "rsa", "-in", pkcs1, "-pubout", "-outform", "DER")
	public := filepath.Join(dir, "public.pem")
	tool(t, "openssl", "rsa", "-in", pkcs1, "-pubout", "-out", public)
	digest := func(hash string, data []byte) string {
		file := filepath.Join(dir, "der")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return lastWord(tool(t, "openssl", hash, "-c", file))
	}
	created, imported := digest("sha1", der), digest("md5", spki)

	openssh := filepath.Join(dir, "id_rsa")
	copyFile(t, pkcs1, openssh)
	tool(t, "ssh-keygen", "-q", "-p", "-N", "", "-f", openssh) // rewrites it in OpenSSH's form
	line := filepath.Join(dir, "id_rsa.pub")
	if err := os.WriteFile(line, tool(t, "ssh-keygen", "-y", "-f", openssh), 0o600); err != nil {
		t.Fatal(err)
	}
	ed := filepath.Join(dir, "id_ed25519")
	tool(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ed)
	edPEM := filepath.Join(dir, "ed.pem")
	tool(t, "openssl", "genpkey", "-algorithm", "ed25519", "-out", edPEM)
	sha256 := lastWord(tool(t, "ssh-keygen", "-l", "-E", "sha256", "-f", ed))

	for file, want := range map[string][]string{
		pkcs1: {created, imported}, pkcs8: {created, imported}, openssh: {created, imported},
		public: {imported}, line: {imported},
		ed: {sha256}, ed + ".pub": {sha256},
	} {
		k := parseFile(t, file)
		var got []string
		for _, f := range k.Fingerprints {
			got = append(got, f.Value)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, wanted %v", filepath.Base(file), got, want)
		}
		if private := !strings.Contains(file, "pub"); k.Private != private {
			t.Errorf("%s: private %v", filepath.Base(file), k.Private)
		}
	}
	if k := parseFile(t, edPEM); k.Type != "ED25519" || !k.Private {
		t.Errorf("%+v", k)
	}
}

// TestMatch_key_pair_fingerprint finds the KeyPair by its public key, or by any of
// the fingerprints in whichever form it is written; another key is none.
func TestMatch_key_pair_fingerprint(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "id")
	tool(t, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", file)
	tool(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file+"2")
	k, other := parseFile(t, file), parseFile(t, file+"2")
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	pair := func(name string, s schema.KeyPairSpec) *schema.Resource {
		return &schema.Resource{Ref: schema.Ref{Kind: schema.KindKeyPair, Name: name}, Spec: &s}
	}
	topology := schema.NewTopology([]*schema.Resource{
		pair("created", schema.KeyPairSpec{Fingerprint: k.Fingerprints[0].Value}),
		pair("imported", schema.KeyPairSpec{Fingerprint: strings.ToUpper(k.Fingerprints[1].Value)}),
		pair("public", schema.KeyPairSpec{PublicKey: string(public)}),
		pair("padded", schema.KeyPairSpec{Fingerprint: strings.TrimPrefix(other.Fingerprints[0].Value, "SHA256:") + "="}),
		pair("unknown", schema.KeyPairSpec{}),
	})
	k.Match(topology)
	other.Match(topology)
	want := []query.Match{{KeyPair: "KeyPair/created", By: "fingerprint"}, {KeyPair: "KeyPair/imported", By: "fingerprint"}, {KeyPair: "KeyPair/public", By: "publicKey"}}
	if len(k.Matches) != 3 || k.Matches[0] != want[0] || k.Matches[1] != want[1] || k.Matches[2] != want[2] {
		t.Errorf("%v, wanted %v", k.Matches, want)
	}
	if len(other.Matches) != 1 || other.Matches[0].KeyPair != "KeyPair/padded" {
		t.Errorf("%v", other.Matches)
	}
}

// TestRefused_key_pair_fingerprint reads what is no usable key; no error quotes the file.
func TestRefused_key_pair_fingerprint(t *testing.T) {
	dir := t.TempDir()
	locked := map[string][]string{
		"openssh": {"ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame"},
		"pem":     {"ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-m", "PEM", "-N", "open sesame"},
		"pkcs8":   {"ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-m", "PKCS8", "-N", "open sesame"},
	}
	for name, args := range locked {
		file := filepath.Join(dir, name)
		tool(t, args[0], append(args[1:], "-f", file)...)
		refused(t, name, file, query.ErrEncrypted)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"ecdsa": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"cut":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der[:40]}),
		"cert":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"spki":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"empty": nil, "text": []byte("ssh-rsa secret\n"),
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		want := query.ErrNoKey
		if name == "ecdsa" {
			want = query.ErrKeyType
		}
		refused(t, name, file, want)
	}
}

func refused(t *testing.T, name, file string, want error) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if k, err := query.ParseKey(data); !errors.Is(err, want) {
		t.Errorf("%s: %+v, %v; wanted %v", name, k, err, want)
	}
}

func parseFile(t *testing.T, file string) *query.Key {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	k, err := query.ParseKey(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return k
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
