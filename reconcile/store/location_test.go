package store

import "testing"

func TestParseURL(t *testing.T) {
	cases := []struct{ url, dir, err string }{
		{"/var/lib/enid", "/var/lib/enid", ""},
		{"state", "state", ""},
		{"etcd://a:2379,b:2379/enid", "", "not built yet"},
		{"s3://bucket", "", `the state's URL has the scheme "s3"; give a folder, or etcd://host:port/prefix`},
		{"", "", "the state's URL is empty; give a folder"},
	}
	for _, c := range cases {
		got, err := ParseURL(c.url)
		if message := text(err); got.Dir != c.dir || message != c.err {
			t.Errorf("%q: %q, %q", c.url, got.Dir, message)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
