package plan_test

import (
	"testing"

	"enid/plan"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 addresses", 1: "1 address", 999: "999 addresses", 1000: "1,000 addresses", -1000: "-1,000 addresses", 1234567: "1,234,567 addresses"} {
		if got := plan.Count(n, "address"); got != want {
			t.Errorf("Count(%d): %q, wanted %q", n, got, want)
		}
	}
	if got := plan.Count(2, "route table"); got != "2 route tables" {
		t.Error(got)
	}
}
