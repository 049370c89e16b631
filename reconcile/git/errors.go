package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"enid/reconcile"
)

// fail makes the error of a condition. Both message and cause are cleaned here,
// so that no path to a person or a log goes around it.
func (s *Source) fail(c reconcile.Condition, cause error, format string, args ...any) *reconcile.SourceError {
	message := s.remote.display + ": " + fmt.Sprintf(format, args...)
	e := &reconcile.SourceError{Condition: c, Message: s.clean(message)}
	if cause != nil {
		e.Err = errors.New(s.clean(cause.Error()))
	}
	return e
}

// networkError turns what the network, the server or the transport said into a
// condition. The end of ctx is asked of ctx: errors.Is(err, DeadlineExceeded) is
// false for several of the libraries' time-outs.
func (s *Source) networkError(ctx context.Context, doing string, err error) error {
	if known := (*reconcile.SourceError)(nil); errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil {
		return s.ended(ctx, doing)
	}
	var hostKey *hostKeyError
	var remoteText *remoteError
	var heavy *tooMuch
	switch {
	case errors.As(err, &hostKey):
		return s.fail(reconcile.Unauthorized, err, "%s", hostKey.message)
	case errors.As(err, &remoteText):
		return s.remoteCondition(doing, remoteText)
	case errors.As(err, &heavy):
		return s.fail(reconcile.Unsupported, nil, "%s", heavy)
	case errors.Is(err, errSHA256):
		return s.fail(reconcile.Unsupported, err, "the repository uses SHA-256 object names, which are not supported")
	case errors.Is(err, exec.ErrNotFound):
		return s.fail(reconcile.Unsupported, err, "file:// needs the git program, which is not in PATH")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return s.fail(reconcile.Missing, err, "there is no such repository, or the credentials may not see it")
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return s.fail(reconcile.Empty, err, "the repository has no commits")
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		if s.opt.TokenFile == "" {
			return s.fail(reconcile.Unauthorized, err, "the server asks for credentials and none are given; give --token-file FILE")
		}
		return s.fail(reconcile.Unauthorized, err, "the server refused the token in %s", s.opt.TokenFile)
	case strings.Contains(err.Error(), "ssh: unable to authenticate"):
		return s.fail(reconcile.Unauthorized, err, "the server refused the ssh key %s", s.opt.SSHKeyFile)
	}
	return s.fail(reconcile.Unreachable, err, "%s failed: %v", doing, err)
}

// ended is the answer once ctx has ended; it alone keeps its cause as it is, so
// that errors.Is finds it.
func (s *Source) ended(ctx context.Context, doing string) error {
	how := "was cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		how = "took too long"
	}
	e := s.fail(reconcile.Unreachable, nil, "%s %s", doing, how)
	e.Err = ctx.Err()
	return e
}

// localError is the answer to what is neither the network's nor the repository's
// fault: the cache's disk, mostly. Trying again is all there is to do.
func (s *Source) localError(ctx context.Context, err error) error {
	if known := (*reconcile.SourceError)(nil); errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil {
		return s.ended(ctx, "reading the repository")
	}
	return s.fail(reconcile.Unreachable, err, "the git cache %s cannot be used: %v", s.cache, err)
}

// damaged says whether an error is the cache's: not a condition that was found
// out, not the end of ctx, and not a disk that takes nothing: that would take no
// new clone either.
func (s *Source) damaged(ctx context.Context, err error) bool {
	known := (*reconcile.SourceError)(nil)
	return err != nil && ctx.Err() == nil && !errors.As(err, &known) &&
		!errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) && !errors.Is(err, syscall.EROFS)
}

// remoteError is what a git server said in words, on its error channel or the
// standard error of the remote command. Words are all there is.
type remoteError struct{ text string }

func (e *remoteError) Error() string { return e.text }

// What servers say, in the lower case, and what it means. Order decides.
var remoteWords = []struct {
	words     string
	condition reconcile.Condition
}{
	{"permission denied", reconcile.Unauthorized},
	{"access denied", reconcile.Unauthorized},
	{"dubious ownership", reconcile.Unauthorized},
	{"not authorized", reconcile.Unauthorized},
	{"repository not found", reconcile.Missing},
	{"repository does not exist", reconcile.Missing},
	{"does not appear to be a git repository", reconcile.Missing},
	{"no such repository", reconcile.Missing},
	{"could not be found", reconcile.Missing},
}

func (s *Source) remoteCondition(doing string, e *remoteError) error {
	lower := strings.ToLower(e.text)
	for _, w := range remoteWords {
		if strings.Contains(lower, w.words) {
			return s.fail(w.condition, e, "the server says: %s", e.text)
		}
	}
	return s.fail(reconcile.Unreachable, e, "%s failed; the server says: %s", doing, e.text)
}

// userInfo finds NAME:PASSWORD@ and TOKEN@ of URLs in free text, up to the last @: who
// writes a password as it is writes one with a slash or another @ too.
var userInfo = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>]+@`)

// longestMessage cuts what a server can make arbitrarily long.
const longestMessage = 600

// clean takes credentials, control characters and excess length out of text.
func (s *Source) clean(text string) string {
	s.mu.Lock()
	secrets := s.secrets
	s.mu.Unlock()
	text = reconcile.Redact(reconcile.Redact(text, secrets), s.proxied)
	text = userInfo.ReplaceAllStringFunc(text, func(found string) string {
		if found == "ssh://"+s.remote.user+"@" { // a login name, accepted by Open
			return found
		}
		return found[:strings.Index(found, "://")+3] + "[redacted]@"
	})
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return text
}
