package repo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"enid/reconcile/tree"
)

// objects is one `git cat-file` that answers object after object.
type objects struct {
	repo *Repo
	ctx  context.Context
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said heard
}

// object is one answer. The body is read before the next.
type object struct {
	kind string
	size int64
	body io.Reader // nil where only sizes were asked
}

// objects begins a git. mode is "--batch", or "--batch-check" for sizes alone.
func (r *Repo) objects(ctx context.Context, mode string) (*objects, error) {
	o := &objects{repo: r, ctx: ctx, cmd: r.command(ctx, "cat-file", mode)}
	o.cmd.Stderr = &o.said
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	if err := o.cmd.Start(); err != nil {
		return nil, failure(ctx, "cat-file", err, &o.said)
	}
	o.out = bufio.NewReaderSize(out, 1<<16)
	return o, nil
}

// each asks for objects and shows them in that order. Questions are written while
// answers are read, or both sides would wait once a pipe is full. After an error
// the git is only good for close.
func (o *objects) each(hashes []string, withBody bool, see func(i int, got object) error) error {
	asked := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(o.in)
		for _, h := range hashes {
			_, _ = w.WriteString(h + "\n") // the error stays in w
		}
		asked <- w.Flush()
	}()
	for i, h := range hashes {
		if err := o.answer(h, withBody, func(got object) error { return see(i, got) }); err != nil {
			_ = o.cmd.Process.Kill() // ends the writer too
			<-asked
			return err
		}
	}
	return <-asked
}

func (o *objects) answer(hash string, withBody bool, see func(object) error) error {
	header, err := o.out.ReadString('\n')
	if err != nil {
		return o.broken(err)
	}
	fields := strings.Fields(header)
	if len(fields) != 3 {
		return fmt.Errorf("the object %s is missing from the repository; %s", hash, refetch)
	}
	got := object{kind: fields[1]}
	if got.size, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return fmt.Errorf("git cat-file answered %q: %w", header, err)
	}
	if !withBody {
		return see(got)
	}
	body := &io.LimitedReader{R: o.out, N: got.size}
	got.body = body
	if err := see(got); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, o.out, body.N+1); err != nil { // and a newline
		return o.broken(err)
	}
	return nil
}

// broken is the error of a git that ended before its answer did.
func (o *objects) broken(err error) error {
	if waited := o.wait(); waited != nil {
		return waited
	}
	return fmt.Errorf("git cat-file ended too early: %w", err)
}

func (o *objects) wait() error {
	_ = o.in.Close()
	return failure(o.ctx, "cat-file", o.cmd.Wait(), &o.said)
}

// close ends the git, whatever it is at.
func (o *objects) close() {
	_ = o.in.Close()
	if o.cmd.ProcessState == nil {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait() // it was killed, that is no news
	}
}

// all reads an object whose size was judged.
func (got object) all() ([]byte, error) {
	data := make([]byte, got.size)
	if _, err := io.ReadFull(got.body, data); err != nil {
		return nil, fmt.Errorf("git cat-file ended within an object: %w", err)
	}
	return data, nil
}

// largestTree bounds one tree object; the contract's number of files fits.
const largestTree = 64 << 20

// entries answers trees, those that were read before from memory.
func (o *objects) entries(hashes []string) ([][]tree.Entry, error) {
	var unknown []string
	for _, h := range hashes {
		if _, known := o.repo.trees[h]; !known {
			unknown = append(unknown, h)
		}
	}
	err := o.each(unknown, true, func(i int, got object) error {
		if got.kind != "tree" || got.size > largestTree {
			return fmt.Errorf("the object %s is a %s of %d bytes, not a tree that can be read", unknown[i], got.kind, got.size)
		}
		data, err := got.all()
		if err != nil {
			return err
		}
		o.repo.trees[unknown[i]], err = parseTree(data, len(unknown[i])/2)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := make([][]tree.Entry, len(hashes))
	for i, h := range hashes {
		all[i] = o.repo.trees[h]
	}
	return all, nil
}

var errTree = errors.New("a tree of the repository is damaged; git fsck says more")

// parseTree reads a tree object: for each entry its octal mode, a space, its
// name, a zero byte and size bytes of hash.
func parseTree(data []byte, size int) ([]tree.Entry, error) {
	var entries []tree.Entry
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		octal, name, named := strings.Cut(string(head), " ")
		mode, err := strconv.ParseUint(octal, 8, 32)
		if !ok || !named || err != nil || len(rest) < size {
			return nil, errTree
		}
		entries = append(entries, tree.Entry{Name: name, Mode: tree.Mode(mode), Hash: hex.EncodeToString(rest[:size])})
		data = rest[size:]
	}
	return entries, nil
}
