package render

import (
	"bufio"
	"fmt"
	"io"

	"enid/plan/query"
)

// Key writes a key's fingerprints for people. What it returns is the writer's error.
func Key(w io.Writer, k *query.Key, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	part := "public key"
	if k.Private {
		part = "private key"
	}
	t.line(0, o.paint(bold, fmt.Sprintf("%s %s, %d bits", k.Type, part, k.Bits)))
	for _, f := range k.Fingerprints {
		t.line(2, f.Value)
		t.line(4, o.paint(faint, fmt.Sprintf("%s of %s: as the cloud shows a key pair %s", f.Hash, f.Of, f.When)))
	}
	for _, m := range k.Matches {
		t.line(2, o.paint(green, "= "), Inert(m.KeyPair), o.paint(faint, " by its "+m.By))
	}
	if len(k.Matches) == 0 {
		t.line(2, "no KeyPair is this key")
	}
	return t.Flush()
}
