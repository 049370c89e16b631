package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// guard lets in who may ask. On loopback the Host header has to be one of this
// machine's own names, so that a page from elsewhere, whose name was made to point
// here, is not answered; a delivery has its signature, and a proxy may bring it under
// the proxy's name. With a token every path wants it, but the two that cannot have one.
// A page of another site may lead here, and neither ask behind its reader's back, with
// the password that the browser remembers, nor show an answer as part of itself.
func (o Options) guard(next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(o.Addr) // Check has seen it
	local := loopback(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // pages say their own
		delivered := r.URL.Path == "/webhook"
		switch {
		case local && !delivered && !loopback(hostOf(r)):
			http.Error(w, "this address answers to loopback names only", http.StatusMisdirectedRequest)
			return
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "a page of another site may lead here, and not ask", http.StatusForbidden)
			return
		case o.TokenFile != "" && !delivered && r.URL.Path != "/healthz" && !o.authorized(r):
			h.Set("WWW-Authenticate", `Basic realm="enid", charset="UTF-8"`)
			http.Error(w, "the token is asked for: as Bearer, or as the password of Basic", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOf answers the host that a request names, without its port.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// authorized compares in constant time; digests, so that lengths tell nothing either.
// A file that cannot be read lets nobody in.
func (o Options) authorized(r *http.Request) bool {
	token, err := secretIn(o.TokenFile)
	if err != nil {
		return false
	}
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, given, _ = r.BasicAuth()
	}
	return sameSecret(given, token)
}

func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
