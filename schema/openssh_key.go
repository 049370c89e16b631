package schema

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// keyFields answers how many length-prefixed fields follow the algorithm's name
// in a public key of that algorithm: RSA has an exponent and a modulus, ED25519 a
// point. The cloud imports no others. public.
var keyFields = map[string]int{"ssh-rsa": 2, "ssh-ed25519": 1}

// checkOpenSSHKey answers "" for one line of authorized_keys without options:
// ALGORITHM BASE64 [COMMENT]. It quotes nothing: people paste private keys.
func checkOpenSSHKey(s string) string {
	words := strings.Fields(s)
	switch {
	case strings.Contains(s, "PRIVATE KEY"):
		return "is a private key: withdraw it, it has been shown"
	case strings.Contains(strings.TrimSpace(s), "\n"):
		return "is more than one line"
	case len(words) < 2:
		return "is no public key in OpenSSH's form"
	}
	algorithm, body := words[0], words[1]
	want, known := keyFields[algorithm]
	if !known {
		return "is of an algorithm that the cloud does not import"
	}
	fields, ok := wireFields(body)
	if !ok || len(fields) != want+1 || string(fields[0]) != algorithm || slices.ContainsFunc(fields, func(f []byte) bool { return len(f) == 0 }) {
		return "is a public key that is cut off or damaged"
	}
	if algorithm == "ssh-ed25519" && len(fields[1]) != 32 {
		return "is an ED25519 key whose length is not 32 bytes"
	}
	return ""
}

// wireFields splits a base64 text into the length-prefixed fields of RFC 4251.
func wireFields(body string) (fields [][]byte, ok bool) {
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil, false
	}
	for len(data) > 0 {
		if len(data) < 4 {
			return nil, false
		}
		size := binary.BigEndian.Uint32(data)
		if data = data[4:]; uint64(size) > uint64(len(data)) {
			return nil, false
		}
		fields, data = append(fields, data[:size]), data[size:]
	}
	return fields, true
}
