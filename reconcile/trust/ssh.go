package trust

import (
	"bufio"
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// allowed is one line of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS).
type allowed struct {
	principals string
	key        ssh.PublicKey
	namespaces []string // patterns; nil: any
	// after and before are when the key is valid; zero: always.
	after, before time.Time
}

// addAllowedSigners reads an allowed_signers file. A line that cannot be read, or
// asks for what is not done here, is an error.
func (r *Ring) addAllowedSigners(name string, text []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxKeyFile)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		a, err := parseAllowed(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		r.ssh = append(r.ssh, a)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func parseAllowed(line string) (a allowed, err error) {
	principals, rest, err := cutPrincipals(line)
	if err != nil {
		return a, err
	}
	key, _, options, more, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil || len(more) > 0 {
		return a, errors.New("it is no line of an allowed_signers file: give PRINCIPALS [OPTIONS] KEYTYPE BASE64, as ssh-keygen(1) has it")
	}
	a = allowed{principals: principals, key: key}
	if err := strongSSH(key); err != nil {
		return a, err
	}
	for _, option := range options {
		if err := a.option(option); err != nil {
			return a, err
		}
	}
	return a, nil
}

// cutPrincipals cuts the first field, which may be quoted.
func cutPrincipals(line string) (principals, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		principals, rest, ok = strings.Cut(quoted, `"`)
		if !ok || principals == "" {
			return "", "", errors.New("the principals have no closing quote")
		}
		return principals, rest, nil
	}
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return "", "", errors.New("it has principals and no key")
	}
	return line[:end], line[end:], nil
}

func (a *allowed) option(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "namespaces":
		a.namespaces = strings.Split(value, ",")
		for _, p := range a.namespaces {
			if p == "" || strings.ContainsAny(p, `[]\`) {
				return fmt.Errorf("namespaces=%q: give names with commas between them; * and ? are patterns", value)
			}
		}
	case "valid-after":
		a.after, err = parseSSHTime(value)
	case "valid-before":
		a.before, err = parseSSHTime(value)
	case "cert-authority":
		return errors.New("cert-authority: certificates are not read; give the signers' own keys")
	default:
		return fmt.Errorf("option %q: namespaces, valid-after and valid-before are read", name)
	}
	return err
}

// parseSSHTime reads YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z], local time without the Z.
func parseSSHTime(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	layout, ok := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}[len(digits)]
	if ok {
		if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: give YYYYMMDD or YYYYMMDDHHMM[SS], with a Z for UTC", text)
}

// allows answers why the key may not sign for the namespace at the time; nil: it may.
func (a *allowed) allows(namespace string, at time.Time) error {
	switch {
	case a.namespaces != nil && !matches(a.namespaces, namespace):
		return fmt.Errorf("%w: %s may sign for namespaces %s only, and this is %s", ErrNamespace, a.principals, strings.Join(a.namespaces, ","), namespace)
	case !a.after.IsZero() && at.Before(a.after):
		return fmt.Errorf("%w: that of %s is valid from %s", ErrTime, a.principals, a.after.UTC().Format(time.RFC3339))
	case !a.before.IsZero() && at.After(a.before):
		return fmt.Errorf("%w: that of %s was valid until %s", ErrTime, a.principals, a.before.UTC().Format(time.RFC3339))
	}
	return nil
}

// matches reports whether a name matches a pattern list: one pattern at least, and
// none of those that begin with !.
func matches(patterns []string, name string) bool {
	is := false
	for _, p := range patterns {
		pattern, not := strings.CutPrefix(p, "!")
		if ok, err := path.Match(pattern, name); err != nil || !ok {
			continue
		}
		if not {
			return false
		}
		is = true
	}
	return is
}

// strongSSH refuses keys that no one should trust any more.
func strongSSH(key ssh.PublicKey) error {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return nil
	case ssh.KeyAlgoRSA:
		if k, ok := key.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey); ok && k.N.BitLen() >= minRSABits {
			return nil
		}
		return fmt.Errorf("%w: an RSA key needs %d bits", ErrWeak, minRSABits)
	}
	return fmt.Errorf("%w: keys of type %s; ed25519, ecdsa and rsa are read", ErrWeak, key.Type())
}

func (r *Ring) verifySSH(message, signature []byte, namespace string, at time.Time) (Signer, error) {
	s, err := sshsig.Unarmor(signature)
	if err != nil {
		return Signer{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if s.Namespace != namespace {
		return Signer{}, fmt.Errorf("%w: for namespace %q, and this is %s", ErrNamespace, s.Namespace, namespace)
	}
	if s.Signature.Format == ssh.KeyAlgoRSA {
		return Signer{}, fmt.Errorf("%w: RSA with SHA-1", ErrWeak)
	}
	fingerprint := ssh.FingerprintSHA256(s.PublicKey)
	err = fmt.Errorf("%w: %s", ErrUnknown, fingerprint)
	for _, a := range r.ssh {
		if !bytes.Equal(a.key.Marshal(), s.PublicKey.Marshal()) {
			continue
		}
		if err = a.allows(namespace, at); err != nil {
			continue // another line may say otherwise
		}
		if err := sshsig.Verify(bytes.NewReader(message), s, a.key, s.HashAlgorithm, namespace); err != nil {
			return Signer{}, fmt.Errorf("%w: %w", ErrMismatch, err)
		}
		return Signer{a.principals, fingerprint}, nil
	}
	return Signer{}, err
}
