package plan

import (
	"testing"
	"time"

	"enid/schema"
)

func windowed(schedule, length, zone string) *schema.Resource {
	d, err := time.ParseDuration(length)
	if err != nil {
		panic(err)
	}
	return &schema.Resource{Ref: Ref{Kind: schema.KindPolicy, Name: "nights"}, Spec: &schema.PolicySpec{
		Downtime: "window", Windows: []schema.Window{{Schedule: schedule, Duration: schema.Duration{Duration: d}, TimeZone: zone}}}}
}

// TestDowntimeWindows: windows are judged by the wall clock of their zone, the
// hour that a change of clocks skips or repeats included.
func TestDowntimeWindows(t *testing.T) {
	for _, c := range []struct {
		name     string
		policy   *schema.Resource
		at       string
		open     bool
		deadline string // when it closes, or next opens
	}{
		{"the first second", windowed("0 3 * * *", "2h", "UTC"), "2026-11-23T03:00:00Z", true, "2026-11-23T05:00:00Z"},
		{"the last second", windowed("0 3 * * *", "2h", "UTC"), "2026-11-23T04:59:59Z", true, "2026-11-23T05:00:00Z"},
		{"closed again", windowed("0 3 * * *", "2h", "UTC"), "2026-11-23T05:00:00Z", false, "2026-11-24T03:00:00Z"},
		{"before it", windowed("0 3 * * 6", "2h", "UTC"), "2026-11-23T03:30:00Z", false, "2026-11-28T03:00:00Z"},
		{"another zone", windowed("0 3 * * *", "1h", "Asia/Shanghai"), "2026-11-22T19:30:00Z", true, "2026-11-22T20:00:00Z"},
		{"over midnight", windowed("0 23 * * *", "3h", "UTC"), "2026-11-23T01:59:59Z", true, "2026-11-23T02:00:00Z"},
		{"summer", windowed("0 12 * * *", "1h", "Europe/Berlin"), "2026-07-01T10:30:00Z", true, "2026-07-01T11:00:00Z"},
		{"winter", windowed("0 12 * * *", "1h", "Europe/Berlin"), "2026-12-01T10:30:00Z", false, "2026-12-01T11:00:00Z"},
		{"after the clocks went back", windowed("0 1 * * *", "3h", "Europe/Berlin"), "2026-10-25T01:30:00Z", true, "2026-10-25T02:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			_, v := Downtime([]*schema.Resource{c.policy}, at)
			until := v.NotBefore
			if v.Holds {
				until = v.Deadline
			}
			if v.Holds != c.open || until.UTC().Format(time.RFC3339) != c.deadline {
				t.Errorf("open %v until or from %s, wanted %v, %s (%s)", v.Holds, until.UTC().Format(time.RFC3339), c.open, c.deadline, v.Detail())
			}
		})
	}
}

// TestDowntimeOpensNever: of several closed windows the one that opens never is
// named, wherever it stands.
func TestDowntimeOpensNever(t *testing.T) {
	never, nightly := windowed("0 3 31 2 *", "1h", "UTC"), windowed("0 3 * * *", "1h", "UTC")
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, policies := range [][]*schema.Resource{{never, nightly}, {nightly, never}} {
		if _, v := Downtime(policies, at); v.Holds || !v.NotBefore.IsZero() {
			t.Errorf("holds %v, not before %v: %s", v.Holds, v.NotBefore, v.Detail())
		}
	}
}
