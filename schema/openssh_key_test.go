package schema

import (
	"strings"
	"testing"
)

// Public halves of keys that were made for these tests and thrown away.
const (
	rsaKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDpBGOQH51MV0QqEQeGvqy12ZoIoyGMfXX8TKcRyNKc5Ob26HPMdNFUDJdllFKdLZI3pl5+WhOc6zvwlMxoyUI914/DI9dcWtRmS8ySE3EZDQPXy580uZboxXpZvpZhnLZfCDsr0IM4jALuIBHXniMtL207w1lQayfi6MKPaq25yO3qqRtO99KjAw1lEty7u0Rix+zxM/jZQ8we/O2C11SFuwajBV+8D7AhvXoE3QiRBKcGAVrioVTAnLVUetaIkYCQQnVZ7Wk6e1M7UBwgzTGH6tUG01VqbhJNWm4MJKBaMxK0orPuyeZx+8K69liOM3tBvIkG6bJDgh9GgAZ8C551"
	edKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVNibFLwsh2i4FBk+OuCmnOM4DqSvdwpB7jHxGWhQHT alice"
	ecKey  = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMFRP76kFqVoZ1CGXqpWMGG7dJUMsHVW/R4SJ1ijMdW7MzqXVPhtRTWtvdATY+j9QlWjzy2g+711MuqScDcT0M4="
)

func TestCheckOpenSSHKey(t *testing.T) {
	for key, want := range map[string]string{
		rsaKey:                              "",
		edKey:                               "",
		edKey + "\n":                        "",
		strings.TrimSuffix(edKey, " alice"): "",
		edKey + " and more words":           "",
		ecKey:                               "is of an algorithm that the cloud does not import",
		edKey + "\n" + rsaKey:               "is more than one line",
		"":                                  "is no public key in OpenSSH's form",
		"ssh-rsa":                           "is no public key in OpenSSH's form",
		"no-pty " + edKey:                   "is of an algorithm that the cloud does not import",
		strings.Replace(edKey, "ssh-ed25519", "ssh-rsa", 1): "is a public key that is cut off or damaged",
		edKey[:40]:                 "is a public key that is cut off or damaged",
		"ssh-rsa AAAAB3NzaC1yc2E=": "is a public key that is cut off or damaged",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAWE=":             "is an ED25519 key whose length is not 32 bytes",
		"ssh-ed25519 /////w==":                                 "is a public key that is cut off or damaged",
		"-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END":   "is a private key: withdraw it, it has been shown",
		"-----BEGIN OPENSSH PRIVATE KEY----- hunter2 -----END": "is a private key: withdraw it, it has been shown",
	} {
		if got := checkOpenSSHKey(key); got != want {
			t.Errorf("%.50q: %q, want %q", key, got, want)
		}
	}
}

// TestPrivateKeyIsNotShown holds that what was pasted by mistake gets into no finding.
func TestPrivateKeyIsNotShown(t *testing.T) {
	for _, value := range []string{
		`"-----BEGIN RSA PRIVATE KEY-----\nhunter2"`, "hunter2", "|\n    -----BEGIN RSA PRIVATE KEY-----\n    hunter2\n", "[hunter2]", "{hunter2: 1}",
	} {
		f := Parse("a.yaml", []byte("apiVersion: enid/v1\nkind: KeyPair\nmetadata: {name: a}\nspec:\n  region: eu-west-1\n  publicKey: "+value+"\n"))
		if len(f.Findings) == 0 {
			t.Errorf("%q is taken", value)
		}
		for _, x := range f.Findings {
			if strings.Contains(x.String(), "hunter2") {
				t.Errorf("shown: %s", x)
			}
		}
	}
}
