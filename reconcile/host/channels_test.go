//go:build linux

package host

import "testing"

// A stack that grows in the middle of the call must not lose the answer: at each
// depth the call begins at another distance from the stack's end.
func TestChannelsAtEveryStackDepth(t *testing.T) {
	example(t)
	s, err := openChannels()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for depth := range 3000 {
		done := make(chan uint32)
		go func() { done <- maxRXBelow(s, depth) }()
		if got := <-done; got != 4 {
			t.Fatalf("at depth %d the maximum of eth1 is %d, want 4", depth, got)
		}
	}
}

//go:noinline
func maxRXBelow(s channelSocket, depth int) uint32 {
	if depth > 0 {
		return maxRXBelow(s, depth-1)
	}
	c, _ := s.get("eth1")
	return c.MaxRx
}
