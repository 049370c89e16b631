package reconcile

import (
	"encoding/base64"
	"net/url"
	"os"
	"strings"
)

// Forms answers the forms in which servers and libraries repeat a user's password,
// longest first: what replaces them one by one leaves no part of a longer one.
func Forms(user, password string) (forms []string) {
	if password == "" {
		return nil
	}
	pair := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return []string{pair, base64.StdEncoding.EncodeToString([]byte(password)), url.QueryEscape(password), url.PathEscape(password), password}
}

// ProxyForms answers the same of the passwords that the environment has for proxies.
// A proxy is another's server: it may repeat what it was given.
func ProxyForms() (forms []string) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
		for _, address := range []string{os.Getenv(name), os.Getenv(strings.ToLower(name))} {
			if !strings.Contains(address, "://") {
				address = "http://" + address // as the library reads it
			}
			u, err := url.Parse(address)
			if err != nil || u.User == nil {
				continue // what cannot be read is not used
			}
			password, _ := u.User.Password()
			forms = append(forms, Forms(u.User.Username(), password)...)
		}
	}
	return forms
}

// Redact takes what must not be repeated out of another's text.
func Redact(text string, forms []string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, "[redacted]")
	}
	return text
}
