package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"syscall"

	"enid/reconcile/store"
)

// The file is an array of pages, in the machine's byte order. Each but the first two
// starts with its number (8 bytes), kind (2), count of elements (2), and the number of
// pages that follow it as its continuation (4).
const (
	pageHeader = 16
	element    = 16 // of a branch: position, key's size, page; of a leaf: flags, position, key's size, value's

	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10

	isBucket = 0x01 // flag of a leaf's element: its value is a bucket's header

	noFreelist = ^uint64(0)
)

var native = binary.NativeEndian

// pages are the file's, each used once: as the page of one tree, or as a free one.
type pages struct {
	data []byte
	size uint64 // of a page, in bytes
	used []bool // by number; there is none beyond
}

// checkFile looks at the pages that the library only follows. One that points to
// another that is above it would have it run until the memory is full; a free page that
// is also in use would be written over. The library keeps a checksum of no page but the
// first two.
func checkFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return err
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(stat.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map: %w", err)
	}
	return errors.Join(checkPages(data), syscall.Munmap(data))
}

// checkPages looks at the pages of a whole file.
func checkPages(data []byte) error {
	first, err := readHead(data, 0, 0)
	if err != nil {
		return err
	}
	second, err := readHead(data, 1, first.pageSize)
	if err != nil {
		return err
	}
	newest := first
	if second.tx > first.tx {
		newest = second
	}
	if newest.pages > uint64(len(data))/newest.pageSize {
		return fmt.Errorf("%w: it has %d bytes of %d", store.ErrCorrupt, len(data), newest.pages*newest.pageSize)
	}
	p := &pages{data: data, size: newest.pageSize, used: make([]bool, newest.pages)}
	if err := p.freelist(newest.freelist); err != nil {
		return err
	}
	return p.tree(newest.root, nil, nil)
}

// head is what one of the two first pages says. They take turns: each transaction
// writes the one that the last did not, when everything else of it is on the disk.
type head struct {
	pageSize, root, freelist, pages, tx uint64
}

// readHead reads one of the two first pages. A damaged one is refused though the other
// is whole: the library would go back to the transaction before, and what that did not
// know, such as a step that was begun, would be done twice. A power cut leaves no such
// page: what it says fits in the smallest sector.
func readHead(data []byte, n int, pageSize uint64) (h head, err error) {
	at := uint64(n)*pageSize + pageHeader
	if at+64 > uint64(len(data)) {
		return h, fmt.Errorf("%w: it has only %d bytes", store.ErrCorrupt, len(data))
	}
	text := data[at : at+64]
	sum := fnv.New64a()
	sum.Write(text[:56])
	if native.Uint32(text) != 0xED0CDAED || native.Uint32(text[4:]) != 2 || native.Uint64(text[56:]) != sum.Sum64() {
		return h, fmt.Errorf("%w: page %d, which says what the newest transaction is, is not as it was written", store.ErrCorrupt, n)
	}
	h = head{
		pageSize: uint64(native.Uint32(text[8:])),
		root:     native.Uint64(text[16:]),
		freelist: native.Uint64(text[32:]),
		pages:    native.Uint64(text[40:]),
		tx:       native.Uint64(text[48:]),
	}
	if h.pageSize < 1024 || pageSize != 0 && h.pageSize != pageSize || h.tx%2 != uint64(n) {
		return h, fmt.Errorf("%w: page %d speaks of pages of %d bytes and transaction %d", store.ErrCorrupt, n, h.pageSize, h.tx)
	}
	return h, nil
}

// page answers a page with its continuation, which nothing else may use.
func (p *pages) page(id uint64) ([]byte, error) {
	if id < 2 || id >= uint64(len(p.used)) {
		return nil, fmt.Errorf("%w: it points to page %d of %d", store.ErrCorrupt, id, len(p.used))
	}
	header := p.data[id*p.size:]
	more := uint64(native.Uint32(header[12:]))
	if native.Uint64(header) != id || id+more >= uint64(len(p.used)) {
		return nil, fmt.Errorf("%w: page %d says that it is page %d, and %d more", store.ErrCorrupt, id, native.Uint64(header), more)
	}
	for n := id; n <= id+more; n++ {
		if err := p.use(n); err != nil {
			return nil, err
		}
	}
	return p.data[id*p.size : (id+more+1)*p.size], nil
}

func (p *pages) use(id uint64) error {
	if p.used[id] {
		return fmt.Errorf("%w: page %d is used twice", store.ErrCorrupt, id)
	}
	p.used[id] = true
	return nil
}

// freelist marks the pages that are free. One that is in no list is lost, not damaged.
func (p *pages) freelist(id uint64) error {
	if id == noFreelist {
		return nil
	}
	page, err := p.page(id)
	if err != nil {
		return err
	}
	count, list := uint64(native.Uint16(page[10:])), page[pageHeader:]
	if count == 0xFFFF { // it did not fit
		count, list = native.Uint64(list), list[8:]
	}
	if native.Uint16(page[8:]) != kindFreelist || count > uint64(len(list))/8 {
		return fmt.Errorf("%w: page %d is no list of %d free pages", store.ErrCorrupt, id, count)
	}
	for i := range count {
		free := native.Uint64(list[8*i:])
		if free < 2 || free >= uint64(len(p.used)) {
			return fmt.Errorf("%w: page %d of %d is free", store.ErrCorrupt, free, len(p.used))
		}
		if err := p.use(free); err != nil {
			return err
		}
	}
	return nil
}

// tree looks at the page and what is below it: keys from low on and below high, nil
// being the end, are what its parent sends there.
func (p *pages) tree(id uint64, low, high []byte) error {
	page, err := p.page(id)
	if err != nil {
		return err
	}
	kind, count := native.Uint16(page[8:]), int(native.Uint16(page[10:]))
	if kind == kindLeaf {
		return p.leaf(page, low, high)
	}
	if kind != kindBranch || count == 0 {
		return fmt.Errorf("%w: page %d is of kind %#x with %d elements", store.ErrCorrupt, id, kind, count)
	}
	keys, below := make([][]byte, count, count+1), make([]uint64, count)
	for i := range count {
		at := pageHeader + element*i
		e, err := part(page, at, element)
		if err != nil {
			return err
		}
		below[i] = native.Uint64(e[8:])
		if keys[i], err = part(page, at+int(native.Uint32(e)), int(native.Uint32(e[4:]))); err != nil {
			return err
		}
	}
	if err := ordered(keys, low, high); err != nil {
		return err
	}
	keys = append(keys, high)
	for i, child := range below {
		if err := p.tree(child, keys[i], keys[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// leaf looks at a page of records or of buckets.
func (p *pages) leaf(page, low, high []byte) error {
	header, err := part(page, 0, pageHeader)
	if err != nil {
		return err
	}
	if kind := native.Uint16(header[8:]); kind != kindLeaf {
		return fmt.Errorf("%w: a bucket's page is of kind %#x", store.ErrCorrupt, kind)
	}
	keys := make([][]byte, native.Uint16(header[10:]))
	for i := range keys {
		at := pageHeader + element*i
		e, err := part(page, at, element)
		if err != nil {
			return err
		}
		at += int(native.Uint32(e[4:]))
		size := int(native.Uint32(e[8:]))
		if keys[i], err = part(page, at, size); err != nil {
			return err
		}
		value, err := part(page, at+size, int(native.Uint32(e[12:])))
		if err != nil {
			return err
		}
		switch flags := native.Uint32(e); {
		case flags == isBucket:
			err = p.bucket(value)
		case flags != 0:
			err = fmt.Errorf("%w: the flags of %q are %#x", store.ErrCorrupt, keys[i], flags)
		}
		if err != nil {
			return err
		}
	}
	return ordered(keys, low, high)
}

// bucket looks at the tree of a bucket, or at the page in its header where it is small.
func (p *pages) bucket(header []byte) error {
	root, err := part(header, 0, 16)
	if err != nil {
		return err
	}
	if id := native.Uint64(root); id != 0 {
		return p.tree(id, nil, nil)
	}
	return p.leaf(header[16:], nil, nil)
}

// ordered refuses keys that a search would not find: they rise, from low to below high.
func ordered(keys [][]byte, low, high []byte) error {
	for i, k := range keys {
		if i == 0 && bytes.Compare(k, low) < 0 || i > 0 && bytes.Compare(k, keys[i-1]) <= 0 || high != nil && bytes.Compare(k, high) >= 0 {
			return fmt.Errorf("%w: the key %q is out of its order", store.ErrCorrupt, k)
		}
	}
	return nil
}

// part answers size bytes of a page, which have to be in it.
func part(page []byte, at, size int) ([]byte, error) {
	if at < 0 || size < 0 || at > len(page) || size > len(page)-at {
		return nil, fmt.Errorf("%w: a page of %d bytes speaks of its bytes %d to %d", store.ErrCorrupt, len(page), at, at+size)
	}
	return page[at : at+size], nil
}
