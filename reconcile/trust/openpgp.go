package trust

import (
	"bufio"
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

const armorBegin = "-----BEGIN PGP "

// minRSABits is the least that NIST SP 800-131A allows for signatures.
const minRSABits = 2048

// strongHashes are those of a signature; SHA-1 and older are broken.
var strongHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_256, crypto.SHA3_512}

// strongKeys are the algorithms of signing keys that are trusted: no DSA.
var strongKeys = []packet.PublicKeyAlgorithm{packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoECDSA,
	packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519, packet.PubKeyAlgoEd448}

// addOpenPGP reads the armoured keys of a file, all of its blocks.
func (r *Ring) addOpenPGP(name string, text []byte) error {
	in := bufio.NewReader(bytes.NewReader(text))
	for {
		block, err := armor.Decode(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if block.Type != openpgp.PublicKeyType {
			return fmt.Errorf("%s: a %s stands in it: give public keys only, as `gpg --armor --export` writes them", name, block.Type)
		}
		keys, err := openpgp.ReadKeyRing(block.Body)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.pgp = append(r.pgp, keys...)
	}
}

func (r *Ring) verifyOpenPGP(message, signature []byte, at time.Time) (Signer, error) {
	block, err := armor.Decode(bytes.NewReader(signature))
	if err != nil || block.Type != openpgp.SignatureType {
		return Signer{}, fmt.Errorf("%w: no armoured signature", ErrMalformed)
	}
	config := &packet.Config{Time: func() time.Time { return at }}
	s, entity, err := openpgp.VerifyDetachedSignature(r.pgp, bytes.NewReader(message), block.Body, config)
	if err != nil {
		return Signer{}, whyOpenPGP(err)
	}
	if !slices.Contains(strongHashes, s.Hash) {
		return Signer{}, fmt.Errorf("%w: hash %s", ErrWeak, s.Hash)
	}
	signer := Signer{Key: fmt.Sprintf("%X", entity.PrimaryKey.Fingerprint)}
	if id := entity.PrimaryIdentity(); id != nil {
		signer.Name = id.Name
	}
	for _, k := range append(openpgp.EntityList{entity}.KeysById(*s.IssuerKeyId), openpgp.Key{PublicKey: entity.PrimaryKey}) {
		if err := strongOpenPGP(k.PublicKey); err != nil {
			return Signer{}, fmt.Errorf("%w, of %s", err, signer)
		}
	}
	return signer, nil
}

// strongOpenPGP refuses keys that no one should trust any more.
func strongOpenPGP(key *packet.PublicKey) error {
	if !slices.Contains(strongKeys, key.PubKeyAlgo) {
		return fmt.Errorf("%w: a key of OpenPGP algorithm %d; rsa, ecdsa and eddsa are trusted", ErrWeak, key.PubKeyAlgo)
	}
	if key.PubKeyAlgo > packet.PubKeyAlgoRSASignOnly {
		return nil
	}
	if bits, err := key.BitLength(); err != nil || bits < minRSABits {
		return fmt.Errorf("%w: an RSA key needs %d bits", ErrWeak, minRSABits)
	}
	return nil
}

// whyOpenPGP answers the library's error as one of ours.
func whyOpenPGP(err error) error {
	var mismatch pgperrors.SignatureError
	switch {
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return ErrUnknown
	case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrSignatureExpired), errors.Is(err, pgperrors.ErrSignatureOlderThanKey):
		return fmt.Errorf("%w: %w", ErrTime, err)
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return ErrRevoked
	case errors.As(err, &mismatch):
		return fmt.Errorf("%w: %w", ErrMismatch, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
