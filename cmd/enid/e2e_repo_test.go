//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// folder is a folder of files that people edit.
type folder struct {
	l   *lab
	dir string
}

// exampleFolder is a copy of the worked example's topology, without RPS where the
// lab may not write masks.
func (l *lab) exampleFolder(dir string) folder {
	l.t.Helper()
	f := folder{l, dir}
	source := os.DirFS("../../examples/multi-eni/topology")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "topology"), source); err != nil {
		l.t.Fatal(err)
	}
	if !l.root {
		f.edit("topology/web-1.yaml", "  rps: documented\n", "")
	}
	return f
}

func (f folder) at(name string) string { return filepath.Join(f.dir, name) }

// write saves a file as editors do: whole, beside it, then renamed.
func (f folder) write(name, content string) {
	f.l.t.Helper()
	to := f.at(name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		f.l.t.Fatal(err)
	}
	if err := os.WriteFile(to+".tmp~", []byte(content), 0o644); err != nil {
		f.l.t.Fatal(err)
	}
	if err := os.Rename(to+".tmp~", to); err != nil {
		f.l.t.Fatal(err)
	}
}

func (f folder) read(name string) string {
	f.l.t.Helper()
	body, err := os.ReadFile(f.at(name))
	if err != nil {
		f.l.t.Fatal(err)
	}
	return string(body)
}

// edit replaces a text that has to be there.
func (f folder) edit(name, old, now string) {
	f.l.t.Helper()
	body := f.read(name)
	if !strings.Contains(body, old) {
		f.l.t.Fatalf("%s has no %q", name, old)
	}
	f.write(name, strings.Replace(body, old, now, 1))
}

// remove takes a file out and answers what it was.
func (f folder) remove(name string) string {
	f.l.t.Helper()
	body := f.read(name)
	if err := os.Remove(f.at(name)); err != nil {
		f.l.t.Fatal(err)
	}
	return body
}

// eni is an ENI's document; at 0 it is not attached.
func eni(name, mac string, at int, addrs ...string) string {
	s := fmt.Sprintf("apiVersion: enid/v1\nkind: ENI\nmetadata: {name: %s}\nspec:\n  subnet: web\n  mac: %q\n  securityGroups: [web]\n  privateIP: %s\n", name, mac, addrs[0])
	if len(addrs) > 1 {
		s += "  secondaryIPs: [" + strings.Join(addrs[1:], ", ") + "]\n"
	}
	if at > 0 {
		s += fmt.Sprintf("  attachTo: {instance: web-1, deviceIndex: %d}\n", at)
	}
	return s
}

// remote is a bare repository, and a clone to commit in.
type remote struct {
	folder // the clone
	bare   string
}

// newRepo is a repository with the worked example, not yet committed.
func (l *lab) newRepo() *remote {
	l.t.Helper()
	r := &remote{l.exampleFolder(l.path("work")), l.path("git", "network.git")}
	l.must("git", "init", "--quiet", "--bare", "--initial-branch=main", r.bare)
	l.must("git", "init", "--quiet", "--initial-branch=main", r.dir)
	r.git("remote", "add", "origin", r.bare)
	return r
}

func (r *remote) url() string { return "file://" + r.bare }

func (r *remote) git(args ...string) string {
	r.l.t.Helper()
	return strings.TrimSpace(r.l.must(append([]string{"git", "-C", r.dir}, args...)...))
}

// commit commits and pushes what the clone has, and answers the commit.
func (r *remote) commit(subject string) string {
	r.l.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", subject)
	return r.push()
}

// push pushes by force.
func (r *remote) push() string {
	r.l.t.Helper()
	r.git("push", "--quiet", "--force", "origin", "HEAD:main")
	return r.git("rev-parse", "HEAD")
}

// back takes commits off the branch's end, by force.
func (r *remote) back(n int) string {
	r.l.t.Helper()
	r.git("reset", "--quiet", "--hard", fmt.Sprintf("HEAD~%d", n))
	return r.push()
}

// gitAddress is where git-http listens: the namespace is the lab's alone.
const gitAddress = "127.0.0.1:8418"

// serve serves the repository over http inside the lab, and answers its URL and
// what ends the server.
func (r *remote) serve() (url string, end func()) {
	r.l.t.Helper()
	cmd := r.l.background("git-http", filepath.Dir(r.bare), r.git("--exec-path"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.l.t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	r.l.t.Cleanup(end)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "listening\n" {
		r.l.t.Fatalf("git http-backend: %q, %v", line, err)
	}
	return "http://" + gitAddress + "/" + filepath.Base(r.bare), end
}

// serveGit is the program git-http of these tests: git http-backend behind a
// loopback port of the namespace that it runs in. Arguments: the folder with the
// repositories, git's exec path. It says when it listens.
func serveGit() {
	listener, err := net.Listen("tcp", gitAddress)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening")
	err = http.Serve(listener, &cgi.Handler{
		Path: filepath.Join(os.Args[2], "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + os.Args[1], "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
