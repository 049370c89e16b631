package reconcile

import "sync"

// renewal is a change of the configuration that waits for the next turn.
type renewal struct {
	mu     sync.Mutex
	change func(*Config)
}

// Renew has the configuration changed before the next turn, which begins soon. Only
// what the loop reads anew each time can change so: Interval, FullCheck, Patience,
// Limit, PolicyPath, Review, AdoptSource, and Host by one of the same machine.
func (c *Controller) Renew(change func(*Config)) {
	c.renew.mu.Lock()
	defer c.renew.mu.Unlock()
	c.renew.change = change
	c.Hint()
}

// renewed takes a renewal over. What was judged under the old configuration is judged
// again.
func (c *Controller) renewed() {
	c.renew.mu.Lock()
	defer c.renew.mu.Unlock()
	if c.renew.change == nil {
		return
	}
	next := c.Config
	c.renew.change(&next)
	next = next.withDefaults()
	// One by one: others read the rest of it while no turn is under way.
	c.Interval, c.FullCheck, c.Patience, c.Limit = next.Interval, next.FullCheck, next.Patience, next.Limit
	c.PolicyPath, c.Review, c.AdoptSource, c.Host = next.PolicyPath, next.Review, next.AdoptSource, next.Host
	c.renew.change, c.goal, c.calm = nil, goal{}, calm{}
}
