package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// session is one conversation with git-upload-pack: the part of
// transport.UploadPackSession that a fetch needs.
type session interface {
	AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error)
	UploadPack(context.Context, *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	Close() error
}

// stream is a session over a pair of pipes: an ssh channel or a local program.
// The library's own one dials and shakes hands without a context, and a server
// that stays silent there would hold a Fetch for good. Here whoever makes the
// stream ends it with the context, which ends every read and write.
type stream struct {
	in     io.WriteCloser
	out    io.Reader
	stderr *tail
	wait   func() error // until the command has ended and stderr is whole; may be repeated
	end    func()       // ends the command and its connection, may be repeated
	most   limits
}

// AdvertisedReferencesContext lists the remote's references.
func (st *stream) AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error) {
	seen := newOpening(st.most)
	adv := packp.NewAdvRefs()
	err := adv.Decode(io.TeeReader(st.out, seen))
	var line *pktline.ErrorLine
	switch {
	case seen.allowed.err != nil:
		return nil, seen.allowed.err
	case errors.As(err, &line):
		return nil, &remoteError{line.Text}
	case errors.Is(err, packp.ErrEmptyInput):
		return nil, st.lastWords(err)
	case errors.Is(err, packp.ErrEmptyAdvRefs), err == nil && adv.IsEmpty():
		return nil, transport.ErrEmptyRemoteRepository
	case err != nil:
		return nil, seen.explain(err)
	}
	transport.FilterUnsupportedCapabilities(adv.Capabilities)
	return adv, nil
}

// UploadPack asks for a pack.
func (st *stream) UploadPack(_ context.Context, req *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	if err := req.UploadRequest.Encode(st.in); err != nil {
		return nil, fmt.Errorf("sending what is wanted: %w", err)
	}
	if err := req.UploadHaves.Encode(st.in, true); err != nil {
		return nil, fmt.Errorf("sending what is there: %w", err)
	}
	if err := pktline.NewEncoder(st.in).Encodef("done\n"); err != nil {
		return nil, fmt.Errorf("sending the request's end: %w", err)
	}
	if err := st.in.Close(); err != nil {
		return nil, fmt.Errorf("ending the request: %w", err)
	}
	res := packp.NewUploadPackResponse(req)
	known := acknowledgements()
	if err := res.Decode(io.NopCloser(io.TeeReader(st.out, known))); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", cmp.Or(known.err, err))
	}
	known.end()
	return res, nil
}

// Close ends the conversation.
func (st *stream) Close() error {
	st.end()
	_ = st.wait() // a command that was cut off fails; its pipes are all that matters
	return nil
}

// lastWords is the error of a command that said nothing on its output.
func (st *stream) lastWords(err error) error {
	_ = st.in.Close()
	waitErr := st.wait()
	if text := st.stderr.String(); text != "" {
		return &remoteError{text}
	}
	return errors.Join(err, waitErr)
}

// tail keeps the beginning of what a command writes to its standard error.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps up to 4 KiB and takes the rest.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p[:min(len(p), 4096-t.buf.Len())])
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf.Bytes()))
}

var errSHA256 = errors.New("the repository's object format is sha256")

// opening keeps the first bytes of an advertisement, and ends one that is too long.
// The library reads 40 digits of a name of 64 and then misses a space: what the server
// announced says why.
type opening struct {
	buf     bytes.Buffer
	allowed allowance
}

func newOpening(most limits) *opening {
	return &opening{allowed: allowance{of: "the list of references", most: most.listing}}
}

// Write keeps up to 8 KiB and takes the rest.
func (o *opening) Write(p []byte) (int, error) {
	o.buf.Write(p[:min(len(p), 8192-o.buf.Len())])
	return o.allowed.Write(p)
}

func (o *opening) explain(err error) error {
	switch {
	case o.allowed.err != nil:
		return o.allowed.err
	case err != nil && bytes.Contains(o.buf.Bytes(), []byte("object-format=sha256")):
		return errSHA256
	}
	return err
}
