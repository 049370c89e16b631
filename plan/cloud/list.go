package cloud

import "slices"

// without answers the list without x.
func without(list []string, x string) []string {
	return drop(list, func(s string) bool { return s == x })
}

// drop answers the list without what goes, nil where nothing is left.
func drop(list []string, goes func(string) bool) (out []string) {
	for _, s := range list {
		if !goes(s) {
			out = append(out, s)
		}
	}
	return out
}

// with answers the list with x, once.
func with[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(slices.Clone(list), x)
}

// sameSet reports whether two lists hold the same values, in any order.
func sameSet[T comparable](a, b []T) bool {
	return len(missing(a, b)) == 0 && len(missing(b, a)) == 0
}

// missing answers what of want is not in have, in want's order.
func missing[T comparable](have, want []T) (out []T) {
	for _, x := range want {
		if !slices.Contains(have, x) {
			out = append(out, x)
		}
	}
	return out
}
