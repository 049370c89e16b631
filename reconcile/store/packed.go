package store

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Packed is a document under gzip: that of a large state is a hundred megabytes, and
// most who ask want its beginning, or send it on as it is.
type Packed []byte

// Pack answers a document packed.
func Pack(text []byte) Packed {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is a valid one
	z.Write(text)                                   // a buffer takes everything
	z.Close()
	return b.Bytes()
}

// Open answers the document. What is damaged is ErrCorrupt.
func (p Packed) Open() (io.Reader, error) {
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return z, nil
}

// Empty reports whether there is no document.
func (p Packed) Empty() bool {
	if len(p) == 0 {
		return true
	}
	z, err := p.Open()
	if err != nil {
		return false
	}
	_, err = z.Read(make([]byte, 1))
	return err == io.EOF
}

// Text answers the whole document; of nothing, nothing.
func (p Packed) Text() ([]byte, error) {
	if len(p) == 0 {
		return nil, nil
	}
	z, err := p.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return text, nil
}
