package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"enid/plan/render"
	"enid/schema"
)

// annotations answers findings as forges show them. files is rooted at the
// topology's folder, which findings write as root before a file's path; named
// answers what the forge calls that folder. Files are read again for columns
// alone: one that went away since keeps columns in bytes.
func annotations(findings []schema.Finding, files fs.FS, root, named string) []render.Annotation {
	list := make([]render.Annotation, len(findings))
	lines := lineReader{files: files}
	for i, f := range findings {
		name := f.Pos.File
		if root = path.Clean(root); root != "." {
			name = strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
		}
		list[i].Finding = f
		list[i].Pos.File = path.Join(named, name)
		list[i].Pos.Line, list[i].Pos.Column = max(f.Pos.Line, 1), max(f.Pos.Column, 1)
		line := lines.read(name, f.Pos.Line)
		if at := f.Pos.Column - 1; at >= 0 && at < len(line) {
			list[i].Pos.Column = 1 + utf16Length(line[:at])
			list[i].End = list[i].Pos.Column + utf16Length(line[at:at+wordLength(line[at:])])
		}
	}
	return list
}

// repositoryName answers what a forge calls a folder of this disk: its path from
// the top of the repository that it is in; without a repository, from GitHub's
// workspace or else from the working directory. One outside of those is absolute.
func repositoryName(dir string) string {
	dir = realPath(dir)
	for top := dir; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return below(top, dir)
		}
		if top == filepath.Dir(top) {
			break
		}
	}
	if workspace := os.Getenv("GITHUB_WORKSPACE"); workspace != "" {
		if name := below(realPath(workspace), dir); !path.IsAbs(name) {
			return name
		}
	}
	return below(realPath("."), dir)
}

// below answers dir as it is called from top, or as it is where it is not below.
func below(top, dir string) string {
	if rel, err := filepath.Rel(top, dir); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(dir)
}

// realPath answers the absolute path without links, as far as there is one.
func realPath(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// lineReader reads lines of files. It keeps one file, and in it the last place:
// findings come in order.
type lineReader struct {
	files fs.FS
	name  string
	rest  []byte // from line on
	all   []byte
	line  int
}

// read answers a line without its end, nil where there is none. Lines count from
// 1 and end with a line feed, as git has them; a byte order mark is no text.
func (l *lineReader) read(name string, line int) []byte {
	if name != l.name {
		l.name, l.line, l.all = name, 1, nil
		if info, err := fs.Stat(l.files, name); err == nil && info.Mode().IsRegular() && info.Size() <= schema.MaxFileSize {
			data, _ := fs.ReadFile(l.files, name)
			l.all = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		}
		l.rest = l.all
	}
	if line < l.line {
		l.rest, l.line = l.all, 1
	}
	for ; l.line < line; l.line++ {
		_, l.rest, _ = bytes.Cut(l.rest, []byte("\n"))
	}
	text, _, _ := bytes.Cut(l.rest, []byte("\n"))
	return bytes.TrimSuffix(text, []byte("\r"))
}

// utf16Length answers how many UTF-16 code units a text has; a byte that is no
// UTF-8 counts as one.
func utf16Length(text []byte) (n int) {
	for _, r := range string(text) {
		n += utf16.RuneLen(r)
	}
	return n
}

// wordLength answers how many bytes the word has with which a text begins: a
// quoted scalar whole, a key without its colon, else up to a space or to what ends
// a scalar in a flow. It is at least the first character.
func wordLength(text []byte) int {
	_, first := utf8.DecodeRune(text)
	if text[0] == '"' || text[0] == '\'' {
		if end := bytes.IndexByte(text[1:], text[0]); end >= 0 {
			return end + 2
		}
		return len(text)
	}
	end := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",[]{}", r) })
	if end < 0 {
		end = len(text)
	}
	return max(len(bytes.TrimSuffix(text[:end], []byte(":"))), first)
}
