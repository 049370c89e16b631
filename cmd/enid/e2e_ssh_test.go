//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"sync/atomic"
)

// sshServer is OpenSSH's on loopback, a process for each connection.
type sshServer struct {
	url  string
	kind atomic.Int64 // of failure; negative: none
	l    *hub
}

// sshFailures are what becomes of a connection to a server that fails.
var sshFailures = []func(*sshServer, net.Conn){
	func(*sshServer, net.Conn) {},
	func(_ *sshServer, c net.Conn) { fmt.Fprintf(c, "SSH-2.0-nonsense\r\n%s", strings.Repeat("x", 4096)) },
	func(s *sshServer, c net.Conn) { s.breakOff(c) },
	func(s *sshServer, c net.Conn) { s.sshd(c, "AuthorizedKeysFile=none") },
}

// serveSSH serves the repository over ssh, to the key in "id"; the server's own is in
// "known_hosts".
func (f *hub) serveSSH() *sshServer {
	f.t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		f.t.Skip("sshd is not installed (Debian: openssh-server)")
	}
	me, err := user.Current()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, name := range []string{"id", "host"} {
		f.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", f.path(name))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	f.keep("known_hosts", "[127.0.0.1]:"+port+" "+f.text(f.path("host.pub")))
	s := &sshServer{url: "ssh://" + me.Username + "@" + listener.Addr().String() + f.bare, l: f}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer f.asked.Add(1)
				defer conn.Close()
				if kind := s.kind.Load(); kind >= 0 {
					sshFailures[kind](s, conn)
				} else {
					s.sshd(conn, "AuthorizedKeysFile="+f.path("id.pub"))
				}
			}()
		}
	}()
	return s
}

// sshd serves one connection to its end.
func (s *sshServer) sshd(conn net.Conn, option string) {
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return
	}
	defer file.Close()
	conn.Close() // sshd has it
	args := []string{"/usr/sbin/sshd", "-i", "-f", "/dev/null"}
	if os.Getuid() == 0 { // root's wants a folder that the service makes
		args = append([]string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs run /run && mkdir /run/sshd && exec "$@"`, "sh"}, args...)
	}
	for _, o := range []string{"HostKey=" + s.l.path("host"), option, "StrictModes=no", "UsePAM=no", "PasswordAuthentication=no", "PidFile=none", "PermitRootLogin=yes", "LogLevel=QUIET"} {
		args = append(args, "-o", o)
	}
	cmd := exec.CommandContext(s.l.ctx, args[0], args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout = s.l.env(), file, file
	_ = cmd.Run() // how it ends is the client's to say
}

// breakOff serves a connection for a while.
func (s *sshServer) breakOff(conn net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer listener.Close()
	to, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return
	}
	defer to.Close()
	server, err := listener.Accept()
	if err != nil {
		return
	}
	go s.sshd(server, "AuthorizedKeysFile="+s.l.path("id.pub"))
	go io.Copy(to, conn)      //nolint:errcheck // until one of them ends
	io.CopyN(conn, to, 3<<10) //nolint:errcheck // in the middle of the conversation
}
