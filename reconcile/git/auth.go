package git

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"enid/reconcile"
)

// defaultTokenUser stands where a token file names none. GitHub documents it for
// its application tokens; the other hosts take any name beside a token.
const defaultTokenUser = "x-access-token"

// token reads the token file, as it is now: tokens are rotated under a running
// daemon. Nil means that none is configured.
func (s *Source) token() (*githttp.BasicAuth, error) {
	if s.opt.TokenFile == "" || s.remote.scheme != "https" {
		return nil, nil
	}
	raw, err := os.ReadFile(s.opt.TokenFile)
	if err != nil {
		return nil, s.fail(reconcile.Unauthorized, err, "the token file cannot be read: %v", err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, s.fail(reconcile.Unauthorized, nil, "the token file %s does not hold one token on one line", s.opt.TokenFile)
	}
	auth := &githttp.BasicAuth{Username: defaultTokenUser, Password: text}
	if name, secret, ok := strings.Cut(text, ":"); ok {
		auth.Username, auth.Password = name, secret
	}
	if auth.Password == "" {
		return nil, s.fail(reconcile.Unauthorized, nil, "the token file %s holds a user without a token", s.opt.TokenFile)
	}
	s.hide(auth)
	return auth, nil
}

// hide remembers every form in which a server or a library may repeat a token.
func (s *Source) hide(auth *githttp.BasicAuth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = reconcile.Forms(auth.Username, auth.Password)
}

// hostKeyError is a server that is not the one known_hosts describes.
type hostKeyError struct{ message string }

func (e *hostKeyError) Error() string { return e.message }

// sshConfig reads the key and the known hosts. The host key algorithms are those
// of the host's own entries: left to the library, a server with several keys
// presents one at random that is not in the file, and that reads as a mismatch.
func (s *Source) sshConfig() (*ssh.ClientConfig, error) {
	if s.opt.SSHKeyFile == "" {
		return nil, s.fail(reconcile.Unauthorized, nil, "ssh needs a private key; give --ssh-key FILE")
	}
	pem, err := os.ReadFile(s.opt.SSHKeyFile)
	if err != nil {
		return nil, s.fail(reconcile.Unauthorized, err, "the ssh key cannot be read: %v", err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		return nil, s.fail(reconcile.Unsupported, nil, "the ssh key %s is protected by a passphrase; use a key without one", s.opt.SSHKeyFile)
	}
	if err != nil {
		return nil, s.fail(reconcile.Unauthorized, nil, "the ssh key %s is not a private key", s.opt.SSHKeyFile)
	}
	known, files, err := s.knownHosts()
	if err != nil {
		return nil, err
	}
	algorithms := known.HostKeyAlgorithms(s.remote.address())
	if len(algorithms) == 0 {
		return nil, s.fail(reconcile.Unauthorized, nil, "%s is not in %s; get its key with ssh-keyscan, compare it with what its operator publishes, and add it",
			knownhosts.Normalize(s.remote.address()), files)
	}
	name := s.remote.user
	if name == "" {
		me, err := user.Current()
		if err != nil {
			return nil, s.fail(reconcile.Unauthorized, err, "the ssh URL names no user")
		}
		name = me.Username
	}
	check := known.HostKeyCallback()
	return &ssh.ClientConfig{
		User:              name,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(host string, addr net.Addr, key ssh.PublicKey) error {
			if err := check(host, addr, key); err != nil {
				return &hostKeyError{fmt.Sprintf("the host key of %s (%s) is not the one in %s: the server was changed, or somebody stands in between",
					host, ssh.FingerprintSHA256(key), files)}
			}
			return nil
		},
	}, nil
}

// knownHosts reads the known hosts and names the files it read.
func (s *Source) knownHosts() (*knownhosts.HostKeyDB, string, error) {
	files := []string{s.opt.KnownHostsFile}
	if s.opt.KnownHostsFile == "" {
		files = nil
		home, _ := os.UserHomeDir()
		for _, f := range []string{filepath.Join(home, ".ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"} {
			if _, err := os.Stat(f); err == nil {
				files = append(files, f)
			}
		}
	}
	if len(files) == 0 {
		return nil, "", s.fail(reconcile.Unauthorized, nil, "there is no known_hosts file; give --known-hosts FILE")
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, "", s.fail(reconcile.Unauthorized, err, "known_hosts cannot be read: %v", err)
	}
	return db, strings.Join(files, ", "), nil
}
