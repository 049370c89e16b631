package git

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"enid/reconcile"
)

// longestErrorBody bounds what is read of an answer that is not a success; the
// library reads all of it.
const longestErrorBody = 16 << 10

// httpSession is the library's session with what it does not look at: the kind of
// answer, the size of an error page, and what to close.
type httpSession struct {
	transport.UploadPackSession
	base  *http.Transport
	seen  *opening
	known *allowance
}

// openHTTP prepares a conversation; nothing is sent yet. Certificates and token
// are read anew, since both are rotated under a running daemon.
func (s *Source) openHTTP() (session, error) {
	base := http.DefaultTransport.(*http.Transport).Clone()
	dial := base.DialContext
	base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return s.heard(dial(ctx, network, address))
	}
	if s.opt.CAFile != "" {
		pem, err := os.ReadFile(s.opt.CAFile)
		if err != nil {
			return nil, s.fail(reconcile.Unauthorized, err, "the CA file cannot be read: %v", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, s.fail(reconcile.Unauthorized, nil, "the CA file %s holds no PEM certificate", s.opt.CAFile)
		}
		base.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	endpoint, err := transport.NewEndpoint(s.remote.url)
	if err != nil {
		return nil, s.fail(reconcile.Unsupported, nil, "the repository URL cannot be used")
	}
	var auth transport.AuthMethod
	if token != nil {
		auth = token
	}
	h := &httpSession{base: base, seen: newOpening(s.most), known: acknowledgements()}
	client := githttp.NewClient(&http.Client{Transport: h})
	if h.UploadPackSession, err = client.NewUploadPackSession(endpoint, auth); err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.remote.scheme, err)
	}
	return h, nil
}

// RoundTrip sends one request and looks at the answer before the library does.
func (h *httpSession) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := h.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body = body{io.LimitReader(res.Body, longestErrorBody), res.Body}
		return res, nil
	}
	if req.Method == http.MethodPost {
		res.Body = body{io.TeeReader(res.Body, h.known), res.Body}
	}
	if strings.HasSuffix(req.URL.Path, "/info/refs") {
		kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
		if kind != "application/x-git-upload-pack-advertisement" {
			_ = res.Body.Close()
			return nil, fmt.Errorf("the answer is not a git server's (content type %q)", kind)
		}
		res.Body = body{io.TeeReader(res.Body, h.seen), res.Body}
	}
	return res, nil
}

// AdvertisedReferencesContext lists the remote's references.
func (h *httpSession) AdvertisedReferencesContext(ctx context.Context) (*packp.AdvRefs, error) {
	adv, err := h.UploadPackSession.AdvertisedReferencesContext(ctx)
	return adv, h.seen.explain(err)
}

// UploadPack asks for a pack.
func (h *httpSession) UploadPack(ctx context.Context, req *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	res, err := h.UploadPackSession.UploadPack(ctx, req)
	if err != nil {
		return nil, cmp.Or(h.known.err, err)
	}
	h.known.end()
	return res, nil
}

// Close gives the connections back.
func (h *httpSession) Close() error {
	h.base.CloseIdleConnections()
	return nil
}

type body struct {
	io.Reader
	io.Closer
}
