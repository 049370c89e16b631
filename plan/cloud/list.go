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

// fewValues is how many are found sooner by looking at each than by a map.
const fewValues = 32

// missing answers what of want is not in have, in want's order.
func missing[T comparable](have, want []T) (out []T) {
	there := func(x T) bool { return slices.Contains(have, x) }
	if len(have) > fewValues {
		set := make(map[T]bool, len(have))
		for _, x := range have {
			set[x] = true
		}
		there = func(x T) bool { return set[x] }
	}
	for _, x := range want {
		if !there(x) {
			out = append(out, x)
		}
	}
	return out
}
