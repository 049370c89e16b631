package git

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"enid/reconcile"
)

// remote is a repository's address, without any credential.
type remote struct {
	scheme  string // http, https, ssh or file
	user    string // ssh only; empty is the user of this process
	host    string // without brackets
	port    string // empty is the scheme's own
	path    string // as the server is to see it
	url     string // what the http transport is given
	display string // what people and logs are shown
}

// scpForm is git@host:path. A slash before the colon makes it a local path, as in
// git itself.
var scpForm = regexp.MustCompile(`^(?:([^@/]+)@)?(\[[^\]/]+\]|[^:@/\s]+):([^/].*|/.*)$`)

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// parseRemote reads a repository URL. Its errors never repeat the URL, for one
// that is refused may hold a password.
func parseRemote(raw string) (remote, error) {
	if strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return remote{}, errors.New("the repository URL contains control characters")
	}
	if !strings.Contains(raw, "://") {
		return parseSCP(raw)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return remote{}, errors.New("the repository URL cannot be parsed")
	}
	_, password := u.User.Password()
	switch {
	case password, u.User != nil && u.Scheme != "ssh":
		return remote{}, errCredentialsInURL
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return remote{}, errors.New("the repository URL has a query or a fragment; git knows neither")
	}
	r := remote{scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: u.Path, url: raw, display: raw}
	switch r.scheme {
	case "http", "https":
	case "ssh":
		r.user = u.User.Username()
		// ~user is relative to a home; the slash before it is the URL's only.
		if strings.HasPrefix(r.path, "/~") {
			r.path = r.path[1:]
		}
	case "file":
		if r.host != "" && r.host != "localhost" {
			return remote{}, errors.New("a file:// URL names no host; write file:///path")
		}
	default:
		return remote{}, errors.New("the repository URL's scheme is not supported; use https://, http://, ssh://, git@host:path or file://")
	}
	if r.scheme != "file" && r.host == "" {
		return remote{}, errors.New("the repository URL names no host")
	}
	if strings.Trim(r.path, "/") == "" {
		return remote{}, errors.New("the repository URL names no path")
	}
	return r, nil
}

var errCredentialsInURL = errors.New("the repository URL holds credentials; put them into a file and give --token-file or --ssh-key")

func parseSCP(raw string) (remote, error) {
	m := scpForm.FindStringSubmatch(raw)
	switch {
	case m == nil && strings.Contains(raw, "@"):
		return remote{}, errCredentialsInURL
	case m == nil, strings.HasPrefix(m[3], ":"): // helper::address runs a program in git

		return remote{}, errors.New("the repository is neither a URL nor git@host:path; a local repository is file:///path")
	case strings.Contains(m[1], ":"):
		return remote{}, errCredentialsInURL
	case strings.HasPrefix(m[3], "-"):
		return remote{}, errors.New("the repository's path begins with a dash")
	}
	return remote{scheme: "ssh", user: m[1], host: strings.Trim(m[2], "[]"), path: m[3], display: raw}, nil
}

// address is host:port for a dial.
func (r remote) address() string {
	port := r.port
	if port == "" {
		port = strconv.Itoa(22)
	}
	return net.JoinHostPort(r.host, port)
}

// accept checks the options and settles what follows from them.
func (s *Source) accept() error {
	r, err := parseRemote(s.opt.URL)
	if err != nil {
		return refused(err.Error())
	}
	s.remote = r
	switch {
	case s.opt.CacheDir == "":
		return refused("no cache folder is given")
	case r.scheme == "http" && s.opt.TokenFile != "":
		return refused("credentials are not sent over plain http; use https")
	case s.opt.OnRewind != "" && s.opt.OnRewind != Hold && s.opt.OnRewind != Follow:
		return refused("on-rewind is " + strconv.Quote(s.opt.OnRewind) + "; it is hold or follow")
	}
	if r.scheme == "file" {
		if _, err := exec.LookPath("git"); err != nil {
			return refused("file:// needs the git program, which is not in PATH")
		}
	}
	if err := s.acceptRef(); err != nil {
		return err
	}
	s.opt.Path = path.Clean(strings.Trim(s.opt.Path, "/"))
	if !fs.ValidPath(s.opt.Path) {
		return refused("the topology path " + strconv.Quote(s.opt.Path) + " leaves the repository")
	}
	// A folder of our own below CacheDir: deleting the cache can then never hit
	// what somebody else keeps there.
	sum := sha256.Sum256([]byte(r.display))
	s.cache = filepath.Join(s.opt.CacheDir, hex.EncodeToString(sum[:8])+".git")
	s.SetApplied(s.opt.Applied)
	return nil
}

func (s *Source) acceptRef() error {
	ref := s.opt.Ref
	switch {
	case ref == "":
		s.ref = plumbing.NewBranchReferenceName("main")
	case commitForm.MatchString(strings.ToLower(ref)):
		s.pinned = plumbing.NewHash(strings.ToLower(ref))
	case len(ref) == 64 && !strings.Contains(ref, "/"):
		return refused("SHA-256 repositories are not supported")
	case !strings.HasPrefix(ref, "refs/") || plumbing.ReferenceName(ref).Validate() != nil:
		return refused("the reference " + strconv.Quote(ref) + " is neither refs/heads/NAME, refs/tags/NAME nor a full commit hash")
	default:
		s.ref = plumbing.ReferenceName(ref)
	}
	return nil
}

func refused(message string) error {
	return &reconcile.SourceError{Condition: reconcile.Unsupported, Message: "git: " + message}
}
