package git

import (
	"strings"
	"testing"

	"enid/reconcile"
)

func TestOpenRefuses(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	tests := []struct {
		name string
		opt  Options
		says string
	}{
		{"password", Options{URL: "https://bob:" + secret + "@example.net/r.git"}, "holds credentials"},
		{"token as user", Options{URL: "https://" + secret + "@example.net/r.git"}, "holds credentials"},
		{"password over ssh", Options{URL: "ssh://git:" + secret + "@example.net/r.git"}, "holds credentials"},
		{"password in scp form", Options{URL: "git:" + secret + "@example.net:r.git"}, "holds credentials"},
		{"unparsable with password", Options{URL: "https://bob:" + secret + "%zz@example.net/r.git"}, "cannot be parsed"},
		{"bad port with password", Options{URL: "https://bob:" + secret + "@example.net:port/r.git"}, "cannot be parsed"},
		{"control character", Options{URL: "https://bob:" + secret + "@example.net\n/r.git"}, "control characters"},
		{"query", Options{URL: "https://example.net/r.git?private_token=" + secret}, "query"},
		{"plain http with a token", Options{URL: "http://127.0.0.1/r.git", TokenFile: "/token"}, "not sent over plain http"},
		{"plain path", Options{URL: "/srv/r.git"}, "file:///path"},
		{"unknown scheme", Options{URL: "git://example.net/r.git"}, "scheme is not supported"},
		{"ext transport", Options{URL: "ext::sh -c true"}, "git@host:path"},
		{"option as path", Options{URL: "git@example.net:-oProxyCommand=x"}, "dash"},
		{"no host", Options{URL: "https:///r.git"}, "no host"},
		{"file of another host", Options{URL: "file://example.net/r.git"}, "no host"},
		{"no path", Options{URL: "https://example.net/"}, "no path"},
		{"short name", Options{URL: "https://example.net/r.git", Ref: "main"}, "refs/heads/NAME"},
		{"bad name", Options{URL: "https://example.net/r.git", Ref: "refs/heads/a..b"}, "refs/heads/NAME"},
		{"sha-256 commit", Options{URL: "https://example.net/r.git", Ref: strings.Repeat("ab", 32)}, "SHA-256"},
		{"path outside", Options{URL: "https://example.net/r.git", Path: "../x"}, "leaves the repository"},
		{"on-rewind", Options{URL: "https://example.net/r.git", OnRewind: "panic"}, "hold or follow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.CacheDir = t.TempDir()
			_, err := Open(tt.opt)
			isCondition(t, err, reconcile.Unsupported, tt.says)
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
}

func TestFileNeedsGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(Options{URL: "file:///srv/r.git", CacheDir: t.TempDir()})
	isCondition(t, err, reconcile.Unsupported, "git program")
}

func TestParseRemote(t *testing.T) {
	tests := []struct{ url, scheme, user, address, path string }{
		{"git@example.net:org/r.git", "ssh", "git", "example.net:22", "org/r.git"},
		{"example.net:r.git", "ssh", "", "example.net:22", "r.git"},
		{"git@[2001:db8::1]:/srv/r.git", "ssh", "git", "[2001:db8::1]:22", "/srv/r.git"},
		{"ssh://git@example.net:2222/srv/r.git", "ssh", "git", "example.net:2222", "/srv/r.git"},
		{"ssh://[2001:db8::1]/~bob/r.git", "ssh", "", "[2001:db8::1]:22", "~bob/r.git"},
		{"https://example.net/r.git", "https", "", "", "/r.git"},
		{"file:///srv/r.git", "file", "", "", "/srv/r.git"},
	}
	for _, tt := range tests {
		r, err := parseRemote(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		address := ""
		if r.scheme == "ssh" {
			address = r.address()
		}
		if r.scheme != tt.scheme || r.user != tt.user || address != tt.address || r.path != tt.path {
			t.Errorf("%s: %+v", tt.url, r)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"a b": "'a b'", "it's": `'it'\''s'`, "wow!": `'wow'\!''`} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	s := &Source{remote: remote{user: "git"}, secrets: []string{"tok"}}
	tests := map[string]string{
		"bad tok here":                          "bad [redacted] here",
		"get https://u:p@h/x and ssh://git@h/y": "get https://[redacted]@h/x and ssh://git@h/y",
		`Get "https://u:p/@w@h/x": no`:          `Get "https://[redacted]@h/x": no`,
		"a\x1b[31mb\nc\u202ed":                  "a[31mb cd",
	}
	for in, want := range tests {
		if got := s.clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := s.clean(strings.Repeat("x", 5000)); len(got) > longestMessage+4 {
		t.Errorf("a long message stays %d bytes long", len(got))
	}
}
