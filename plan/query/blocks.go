package query

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// findBlocks finds the free /28s.
func (r *Report) findBlocks() {
	for _, free := range r.kinds[reserved].or(r.kinds[unused]) {
		for n := aligned(free.first); n+blockSize-1 <= free.last; n += blockSize {
			block := spans{{n, n + blockSize - 1}}
			r.FreeBlocks = append(r.FreeBlocks, Block{prefixOf(n, blockSize), len(block.without(r.kinds[reserved])) == 0})
		}
	}
	r.Counts.FreeBlocks = len(r.FreeBlocks)
}

// aligned answers the first multiple of a block's size from n on.
func aligned(n int64) int64 { return (n + blockSize - 1) / blockSize * blockSize }

// prefixOf answers the CIDR of size addresses from first on; size is a power of two.
func prefixOf(first, size int64) netip.Prefix {
	return netip.PrefixFrom(address(first), 33-bits.Len64(uint64(size)))
}

// suggest says what to reserve so that prefixes can be delegated: the largest
// block of unused addresses; where there is none, the /28 that the fewest
// addresses keep from being free. A reservation with a free /28 in it is enough:
// then it suggests nothing.
func (r *Report) suggest() {
	for _, b := range r.FreeBlocks {
		if b.Reserved {
			r.Remark = "free /28 blocks are reserved already"
			return
		}
	}
	if block, ok := r.largest(); ok {
		r.Reserve = append(r.Reserve, Suggestion{block,
			"the largest aligned block of unused addresses: reserved, no single address is handed out from it by itself"})
		return
	}
	block, in := r.nearest()
	if len(in) == 0 {
		r.Remark = "no /28 of it can be delegated; declare a larger subnet"
		return
	}
	r.Reserve = append(r.Reserve, Suggestion{block, fmt.Sprintf(
		"no /28 is free; this one is once %s: reserved, what is released there is not handed out again by itself", strings.Join(in, ", "))})
}

// largest answers the largest aligned block, a /28 at least, that is unused; of
// several as large the lowest.
func (r *Report) largest() (block netip.Prefix, ok bool) {
	var best, at int64
	for _, free := range r.kinds[unused] {
		for n := aligned(free.first); n+blockSize-1 <= free.last; {
			size := int64(blockSize)
			for n%(2*size) == 0 && n+2*size-1 <= free.last {
				size *= 2
			}
			if size > best {
				best, at = size, n
			}
			n += size
		}
	}
	if best == 0 {
		return netip.Prefix{}, false
	}
	return prefixOf(at, best), true
}

// nearest answers the /28 without a kept address in which the fewest addresses
// are used, and who has to release them, in words.
func (r *Report) nearest() (block netip.Prefix, in []string) {
	whole := spanOf(r.CIDR)
	keeps, uses := r.kinds[kept], r.kinds[used]
	fewest, at := int64(blockSize)+1, int64(-1)
	for n := aligned(whole.first); n+blockSize-1 <= whole.last; n += blockSize {
		keeps, uses = from(keeps, n), from(uses, n)
		one := spans{{n, n + blockSize - 1}}
		if len(keeps.and(one)) > 0 {
			continue
		}
		if taken := uses.and(one).count(); taken > 0 && taken < fewest {
			fewest, at = taken, n
		}
	}
	if at < 0 {
		return netip.Prefix{}, nil
	}
	block = prefixOf(at, blockSize)
	for _, h := range r.Holders {
		if len(spans{{number(h.First), number(h.Last)}}.and(spans{spanOf(block)})) == 0 {
			continue
		}
		holder := h.Holder
		if holder == "" {
			holder = "something that enid does not manage"
		}
		in = append(in, fmt.Sprintf("%s releases %s", holder, h.Range))
	}
	return block, in
}

// from drops the spans that end before n, so that a sweep looks at each once.
func from(all spans, n int64) spans {
	for len(all) > 0 && all[0].last < n {
		all = all[1:]
	}
	return all
}

// String answers the range: one address, or the first and the last.
func (r Range) String() string {
	if r.First == r.Last {
		return r.First.String()
	}
	return r.First.String() + "-" + r.Last.String()
}
