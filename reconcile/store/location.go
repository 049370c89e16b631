package store

import (
	"fmt"
	"strings"
)

// Location is a parsed --state URL.
type Location struct {
	// Dir is the folder of an embedded store.
	Dir string
}

// ParseURL reads a --state URL: a folder's path. etcd:// is ErrNotBuilt; any
// other scheme is an error that says what there is. Nothing is opened.
func ParseURL(url string) (Location, error) {
	scheme, _, ok := strings.Cut(url, "://")
	switch {
	case url == "":
		return Location{}, fmt.Errorf("the state's URL is empty; give a folder")
	case ok && scheme == "etcd":
		return Location{}, ErrNotBuilt
	case ok:
		return Location{}, fmt.Errorf("the state's URL has the scheme %q; give a folder, or etcd://host:port/prefix", scheme)
	}
	return Location{Dir: url}, nil
}
