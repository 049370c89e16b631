package bolt

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"enid/reconcile/store"
)

// digestSize is how many bytes of digest stand before a record.
const digestSize = 8

// digest is of a record and of its place: one that is found under another's key is as
// wrong as one with another bit.
func digest(bucket, key, text []byte) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, part := range [][]byte{bucket, {0}, key, {0}, text} {
		d.Write(part)
	}
	return d.Sum64()
}

// seal answers a record as it is stored.
func seal(bucket, key, text []byte) []byte {
	sealed := make([]byte, digestSize, digestSize+len(text))
	binary.BigEndian.PutUint64(sealed, digest(bucket, key, text))
	return append(sealed, text...)
}

// unseal answers the record in what is stored.
func unseal(bucket, key, sealed []byte) ([]byte, error) {
	if len(sealed) < digestSize || binary.BigEndian.Uint64(sealed) != digest(bucket, key, sealed[digestSize:]) {
		return nil, fmt.Errorf("%w: the record %s %s is not as it was written", store.ErrCorrupt, bucket, named(key))
	}
	return sealed[digestSize:], nil
}

// named answers a key as people know it: a serial, or a name.
func named(key []byte) string {
	if len(key) == 8 && key[0] == 0 {
		return strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
	}
	return strconv.Quote(string(key))
}

// set is what is known of all records of a bucket together: their count, and their
// digests added up. It finds a record that is gone, and costs a commit no more than
// what that changes.
type set struct {
	Count uint64 `json:"count"`
	Sum   uint64 `json:"sum"`
}

// with answers the set with a record more.
func (s set) with(sealed []byte) set {
	return set{s.Count + 1, s.Sum + binary.BigEndian.Uint64(sealed)}
}

// without answers the set with a record less.
func (s set) without(sealed []byte) set {
	return set{s.Count - 1, s.Sum - binary.BigEndian.Uint64(sealed)}
}

// sums is the record of the other records. Every format since 2 has it as it is.
type sums struct {
	Meta uint64         `json:"meta"` // digest of the record meta
	Sets map[string]set `json:"sets"` // by bucket
}
