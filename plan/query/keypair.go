package query

import (
	"bytes"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"enid/schema"
)

const ruleFingerprint = "key-pair.fingerprint"

// KeyFormat is the format of a Key in JSON.
const KeyFormat = "enid.keypair/v1"

// Key is what a key file holds, without anything secret.
type Key struct {
	Format string `json:"format"` // enid.keypair/v1
	Rule   string `json:"rule"`
	Type   string `json:"type"` // RSA, ED25519
	Bits   int    `json:"bits"`
	// Private is false where the file holds the public key alone.
	Private bool `json:"private"`
	// Fingerprints are those that the cloud would show; never empty.
	Fingerprints []Fingerprint `json:"fingerprints"`
	Matches      []Match       `json:"matches"` // never nil

	wire []byte // the public key as SSH sends it
}

// Fingerprint is one form of a key's fingerprint.
type Fingerprint struct {
	Value string `json:"value"` // hex with colons; SHA-256 as ssh-keygen -l prints it
	Hash  string `json:"hash"`  // SHA-1, MD5, SHA-256
	Of    string `json:"of"`
	When  string `json:"when"` // for which key pairs the cloud shows this one
}

// Match is a KeyPair that is the key.
type Match struct {
	KeyPair string `json:"keyPair"` // KeyPair/NAME
	By      string `json:"by"`      // fingerprint, publicKey
}

// The errors of files that hold no usable key. None quotes the file.
var (
	ErrEncrypted = errors.New("the key is encrypted; give its public key (ssh-keygen -y -f FILE asks for the passphrase), which gives the fingerprint of an imported key, or a copy without passphrase")
	ErrNoKey     = errors.New("there is no key in it; give a private key in PEM or OpenSSH's form, or a public key")
	ErrKeyType   = errors.New("EC2 takes RSA and ED25519 keys only")
)

// ParseKey reads a private key in PEM (PKCS#1, PKCS#8, OpenSSH) or a public one
// (OpenSSH's line, PEM), and answers its fingerprints. Errors are ErrEncrypted,
// ErrNoKey and ErrKeyType.
func ParseKey(data []byte) (*Key, error) {
	if block, _ := pem.Decode(data); block != nil {
		switch {
		case block.Type == "PUBLIC KEY":
			public, err := x509.ParsePKIXPublicKey(block.Bytes)
			return keyOf(public, nil, err)
		case block.Type == "RSA PUBLIC KEY":
			public, err := x509.ParsePKCS1PublicKey(block.Bytes)
			return keyOf(public, nil, err)
		case block.Type == "ENCRYPTED PRIVATE KEY":
			return nil, ErrEncrypted
		}
		return privateKey(data)
	}
	for line := range bytes.Lines(data) {
		if public, _, _, _, err := ssh.ParseAuthorizedKey(line); err == nil {
			return keyOf(cryptoKey(public), nil, nil)
		}
	}
	return nil, ErrNoKey
}

func privateKey(data []byte) (*Key, error) {
	raw, err := ssh.ParseRawPrivateKey(data)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, ErrEncrypted
	case err != nil:
		return nil, ErrNoKey
	}
	switch private := raw.(type) {
	case *rsa.PrivateKey:
		return keyOf(&private.PublicKey, private, nil)
	case *ed25519.PrivateKey:
		return keyOf(private.Public(), private, nil)
	case ed25519.PrivateKey:
		return keyOf(private.Public(), private, nil)
	}
	return nil, ErrKeyType
}

// cryptoKey answers the key inside an SSH public key, nil where there is none.
func cryptoKey(public ssh.PublicKey) any {
	if inner, ok := public.(ssh.CryptoPublicKey); ok {
		return inner.CryptoPublicKey()
	}
	return nil
}

// keyOf answers the key; private is nil where it is not known, err that of reading it.
func keyOf(public, private any, err error) (*Key, error) {
	if err != nil {
		return nil, ErrNoKey
	}
	k := &Key{Format: KeyFormat, Rule: ruleFingerprint, Private: private != nil, Matches: []Match{}}
	switch p := public.(type) {
	case *rsa.PublicKey:
		k.Type, k.Bits = "RSA", p.N.BitLen()
		if k.Fingerprints, err = rsaFingerprints(p, private); err != nil {
			return nil, ErrNoKey
		}
	case ed25519.PublicKey:
		k.Type, k.Bits = "ED25519", 256
	default:
		return nil, ErrKeyType
	}
	sent, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, ErrKeyType
	}
	k.wire = sent.Marshal()
	if k.Type == "ED25519" {
		k.Fingerprints = []Fingerprint{{ssh.FingerprintSHA256(sent), "SHA-256", "the public key as SSH sends it", "created by EC2 or imported"}}
	}
	return k, nil
}

func rsaFingerprints(public *rsa.PublicKey, private any) (all []Fingerprint, err error) {
	if private != nil {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return nil, fmt.Errorf("PKCS#8: %w", err)
		}
		sum := sha1.Sum(der)
		all = append(all, Fingerprint{colons(sum[:]), "SHA-1", "the private key's PKCS#8 DER", "created by EC2"})
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("SubjectPublicKeyInfo: %w", err)
	}
	sum := md5.Sum(der)
	return append(all, Fingerprint{colons(sum[:]), "MD5", "the public key's DER", "imported"}), nil
}

// colons answers lower-case hex with a colon between bytes.
func colons(sum []byte) string {
	pairs := make([]string, len(sum))
	for i := range sum {
		pairs[i] = hex.EncodeToString(sum[i : i+1])
	}
	return strings.Join(pairs, ":")
}

// Match notes the KeyPairs of the topology that are the key: by the public key
// that they declare, or else by their fingerprint.
func (k *Key) Match(t *schema.Topology) {
	for _, r := range t.OfKind(schema.KindKeyPair) {
		spec := specOf[*schema.KeyPairSpec](r)
		if public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(spec.PublicKey)); err == nil && bytes.Equal(public.Marshal(), k.wire) {
			k.Matches = append(k.Matches, Match{r.String(), "publicKey"})
			continue
		}
		for _, f := range k.Fingerprints {
			if plainPrint(spec.Fingerprint) == plainPrint(f.Value) {
				k.Matches = append(k.Matches, Match{r.String(), "fingerprint"})
				break
			}
		}
	}
}

// plainPrint answers a fingerprint in one form, whichever it is written in: the
// hash's name before it, the case of hex and the padding of base64 do not count.
func plainPrint(s string) string {
	s = strings.TrimSpace(s)
	for _, name := range []string{"SHA256:", "SHA1:", "MD5:"} {
		s = strings.TrimPrefix(s, name)
	}
	s = strings.TrimRight(s, "=")
	if raw, err := base64.RawStdEncoding.DecodeString(s); err == nil && len(raw) == 32 {
		return s
	}
	return strings.ToLower(strings.ReplaceAll(s, ":", ""))
}
