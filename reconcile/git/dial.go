package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh"
)

// open begins a conversation with the remote. Its end is the end of ctx at most.
func (s *Source) open(ctx context.Context) (session, error) {
	switch s.remote.scheme {
	case "ssh":
		return s.openSSH(ctx)
	case "file":
		return s.openProgram(ctx)
	}
	return s.openHTTP()
}

func (s *Source) openSSH(ctx context.Context) (session, error) {
	config, err := s.sshConfig()
	if err != nil {
		return nil, err
	}
	address := s.remote.address()
	conn, err := s.dialSSH(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("dialling %s: %w", address, err)
	}
	// Neither the handshake nor a channel knows contexts; a closed connection
	// ends them all.
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	end := func() { release(); _ = conn.Close() }
	st, err := s.uploadPackOverSSH(conn, address, config)
	if err != nil {
		end()
		return nil, err
	}
	st.end = end
	return st, nil
}

func (s *Source) uploadPackOverSSH(conn net.Conn, address string, config *ssh.ClientConfig) (*stream, error) {
	c, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		return nil, err
	}
	channel, err := ssh.NewClient(c, channels, requests).NewSession()
	if err != nil {
		return nil, fmt.Errorf("opening an ssh session: %w", err)
	}
	// A channel's second Wait never returns.
	st := &stream{stderr: &tail{}, wait: sync.OnceValue(channel.Wait), most: s.most}
	channel.Stderr = st.stderr
	if st.in, err = channel.StdinPipe(); err != nil {
		return nil, fmt.Errorf("opening an ssh session: %w", err)
	}
	if st.out, err = channel.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("opening an ssh session: %w", err)
	}
	if err := channel.Start("git-upload-pack " + shellQuote(s.remote.path)); err != nil {
		return nil, fmt.Errorf("starting git-upload-pack: %w", err)
	}
	return st, nil
}

// shellQuote quotes for the login shell at the other end, csh included, as git's
// own sq_quote_buf does.
func shellQuote(text string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(text) + "'"
}

// openProgram serves file:// by the local git program.
func (s *Source) openProgram(ctx context.Context) (session, error) {
	// git says "dubious ownership" of a folder that is not there.
	if _, err := os.Stat(s.remote.path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", s.remote.path, transport.ErrRepositoryNotFound)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, "git", "upload-pack", s.remote.path)
	cmd.Env = environmentWithoutGit()
	cmd.WaitDelay = time.Second // a child that keeps the pipes open must not hold us
	st := &stream{stderr: &tail{}, wait: sync.OnceValue(cmd.Wait), end: cancel, most: s.most}
	cmd.Stderr = st.stderr
	var err error
	if st.in, err = cmd.StdinPipe(); err == nil {
		st.out, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting git upload-pack: %w", err)
	}
	return st, nil
}

// environmentWithoutGit keeps a GIT_DIR or a protocol version of the caller, a
// hook for example, from deciding what is read, and the passwords of proxies from a
// program that asks nobody.
func environmentWithoutGit() []string {
	env := []string{"LC_ALL=C"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GIT_") && name != "LC_ALL" && !strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			env = append(env, kv)
		}
	}
	return env
}
