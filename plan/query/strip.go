package query

import "net/netip"

// The characters of a strip; nothing is said by colour alone.
const (
	CellUnused   = '.' // unused
	CellReserved = 'r' // reserved, at least in part, and not used
	CellUsed     = '#' // used, all of it
	CellPartly   = '+' // used in part
	CellKept     = 'k' // kept by the cloud, at least in part
)

// rowCells is how many characters a row of a strip has.
const rowCells = 64

// Strip is a subnet's address space drawn in characters.
type Strip struct {
	Unit int64 // addresses that a character stands for: 1, 16, or more beyond a /16
	Rows []StripRow
}

// StripRow is a row of a strip.
type StripRow struct {
	First netip.Addr // of its first character
	Cells string
}

// Strip draws the report: a character for each address of a /24 or smaller, for
// each /28 of a larger subnet, and beyond a /16 as many rows as a /16 has.
func (r *Report) Strip() Strip {
	s := Strip{Unit: 1}
	if r.CIDR.Bits() < 24 {
		s.Unit = blockSize << max(0, 16-r.CIDR.Bits())
	}
	whole := spanOf(r.CIDR)
	left := [...]spans{kept: r.kinds[kept], used: r.kinds[used], reserved: r.kinds[reserved]}
	for n := whole.first; n <= whole.last; {
		row := StripRow{First: address(n)}
		cells := make([]byte, 0, rowCells)
		for ; n <= whole.last && len(cells) < rowCells; n += s.Unit {
			one := spans{{n, n + s.Unit - 1}}
			var counts [len(left)]int64
			for c := range left {
				left[c] = from(left[c], n)
				counts[c] = countIn(left[c], one[0])
			}
			cells = append(cells, cell(counts[kept], counts[used], counts[reserved], s.Unit))
		}
		row.Cells = string(cells)
		s.Rows = append(s.Rows, row)
	}
	return s
}

// countIn answers how many numbers of the sorted spans lie in one.
func countIn(all spans, in span) (n int64) {
	for _, s := range all {
		if s.first > in.last {
			break
		}
		n += min(s.last, in.last) - max(s.first, in.first) + 1
	}
	return n
}

func cell(kept, used, reserved, unit int64) byte {
	switch {
	case kept > 0:
		return CellKept
	case used == unit:
		return CellUsed
	case used > 0:
		return CellPartly
	case reserved > 0:
		return CellReserved
	}
	return CellUnused
}
