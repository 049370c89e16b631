package trust

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// Why a signature does not count. The errors wrap one of them each.
var (
	ErrUnsigned  = errors.New("the commit is not signed")
	ErrMalformed = errors.New("it is no signature that can be read")
	ErrUnknown   = errors.New("its key is none of the trusted ones")
	ErrMismatch  = errors.New("it is no signature of this content")
	ErrNamespace = errors.New("it was made for something else")
	ErrTime      = errors.New("its key is not valid at this time")
	ErrRevoked   = errors.New("its key is revoked")
	ErrWeak      = errors.New("it is made with an algorithm that is too weak")
)

// The most that is read of a key file, of a folder of them, and of a signature.
const (
	maxKeyFile   = 4 << 20
	maxKeyFiles  = 1000
	maxSignature = 64 << 10
)

// Signer is who signed.
type Signer struct {
	// Name is the key's principals or OpenPGP user, as the key file has them.
	Name string
	// Key is the key's fingerprint, as ssh-keygen or gpg shows it.
	Key string
}

// String answers name and fingerprint.
func (s Signer) String() string { return s.Name + " (" + s.Key + ")" }

// Ring is a set of trusted keys. It is immutable.
type Ring struct {
	ssh []allowed
	pgp openpgp.EntityList
}

// Keys are where the trusted keys are kept: a file, or a folder with any number of
// files of both kinds. It is not for concurrent use.
type Keys struct {
	path   string
	digest [sha256.Size]byte // of what ring was made from
	ring   *Ring
}

// Open answers the keys below the path; there has to be one at least.
func Open(path string) (*Keys, error) {
	k := &Keys{path: path}
	_, err := k.Ring()
	return k, err
}

// Ring answers the keys as the files have them now. Files that cannot be read, or
// of which a line is wrong, give no keys at all: a key that was taken away is not to
// be trusted because of a slip elsewhere.
func (k *Keys) Ring() (*Ring, error) {
	files, err := keyFiles(k.path)
	if err != nil {
		return nil, fmt.Errorf("trusted keys: %w", err)
	}
	sum := sha256.New()
	texts := make([][]byte, len(files))
	for i, name := range files {
		if texts[i], err = readBounded(name, maxKeyFile); err == nil {
			err = Guarded(name)
		}
		if err != nil {
			return nil, fmt.Errorf("trusted keys: %w", err)
		}
		fmt.Fprintf(sum, "%q %d\n", name, len(texts[i]))
		sum.Write(texts[i])
	}
	digest := [sha256.Size]byte(sum.Sum(nil))
	if k.ring != nil && k.digest == digest {
		return k.ring, nil
	}
	r := &Ring{}
	for i, name := range files {
		if err := r.add(name, texts[i]); err != nil {
			return nil, fmt.Errorf("trusted keys: %w", err)
		}
	}
	if len(r.ssh)+len(r.pgp) == 0 {
		return nil, fmt.Errorf("trusted keys: %s holds no key: give an allowed_signers file, or an ASCII-armoured OpenPGP public key", k.path)
	}
	k.ring, k.digest = r, digest
	return r, nil
}

// keyFiles answers the files to read, sorted. Dot-files of a folder are not read:
// volumes of containers keep their older versions there.
func keyFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	if err := Guarded(path); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if info, err := os.Stat(name); strings.HasPrefix(e.Name(), ".") || err == nil && info.IsDir() {
			continue
		}
		files = append(files, name)
	}
	if len(files) > maxKeyFiles {
		return nil, fmt.Errorf("%s holds %d files, and at most %d are read", path, len(files), maxKeyFiles)
	}
	return files, nil
}

// Guarded refuses a file or a folder that every user of the machine can write to: who
// writes there decides instead of whom it is meant to name. A folder with the sticky
// bit is left alone, as containers mount their secrets so, and a device, /dev/null above
// all, which keeps nothing of what is written to it.
func Guarded(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&fs.ModeDevice == 0 && (!info.IsDir() || mode&fs.ModeSticky == 0) {
		return fmt.Errorf("%s can be written to by every user (%s): chmod o-w %[1]s", name, mode)
	}
	return nil
}

// readBounded reads a regular file that is no longer than most.
func readBounded(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, most)
	}
	return text, nil
}

// add reads a key file of either kind.
func (r *Ring) add(name string, text []byte) error {
	if bytes.Contains(text, []byte(armorBegin)) {
		return r.addOpenPGP(name, text)
	}
	return r.addAllowedSigners(name, text)
}

// Verify answers who signed the message with a detached signature of either kind,
// ASCII-armoured. The namespace is what it is signed for; OpenPGP knows none. The key
// has to be valid at the given time: when something was signed, only the signature
// says. Errors wrap one of those above.
func (r *Ring) Verify(message, signature []byte, namespace string, at time.Time) (Signer, error) {
	switch {
	case len(signature) > maxSignature:
		return Signer{}, fmt.Errorf("%w: it is longer than %d bytes", ErrMalformed, maxSignature)
	case bytes.Contains(signature, []byte("-----BEGIN SSH SIGNATURE-----")):
		return r.verifySSH(message, signature, namespace, at)
	case bytes.Contains(signature, []byte("-----BEGIN PGP SIGNATURE-----")):
		return r.verifyOpenPGP(message, signature, at)
	}
	return Signer{}, fmt.Errorf("%w: neither an SSH nor an ASCII-armoured OpenPGP signature", ErrMalformed)
}
