package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// File is what one file says, read on its own: it depends on its path and its
// bytes only, so that it can be kept for as long as these stay.
type File struct {
	Path string
	// Digest is the SHA-256 of the bytes, in hex.
	Digest string
	// Resources are those that were read without an error. They are shared: read only.
	Resources []*Resource
	// Findings are in the order of the file.
	Findings []Finding
	// Broken names resources that the file holds, but in documents with errors.
	Broken []Ref
	// doubted are those of the broken that could be read all the same: what they
	// refer to is looked up, so that one run tells that too.
	doubted []*Resource
}

// Parse reads one file: every document in it. It reads *.json as JSON and
// everything else as YAML, and answers all that is wrong.
func Parse(path string, data []byte) File { return parse(path, data, false) }

// ParseImport is Parse for `enid import`, where each document may have a status.
func ParseImport(path string, data []byte) File { return parse(path, data, true) }

func parse(name string, data []byte, withStatus bool) File {
	sum := sha256.Sum256(data)
	f := &File{Path: name, Digest: hex.EncodeToString(sum[:])}
	text, problem := checkText(data)
	if problem == nil {
		read := readYAML
		if strings.EqualFold(path.Ext(name), ".json") {
			read = readJSON
		}
		problem = read(text, func(n *node) { f.document(n, withStatus) })
	}
	if problem != nil {
		f.Findings = append(f.Findings, Finding{
			Pos: Pos{name, problem.line, problem.col}, Message: problem.message, Allowed: problem.allowed,
		})
	}
	SortFindings(f.Findings)
	return *f
}
