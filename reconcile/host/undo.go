//go:build linux

package host

import (
	"context"
	"slices"

	"enid/plan/guest"
)

// undo takes deeds back, newest first. A crash in between leaves some of them:
// what is left is enid's own, and the next turn completes or removes it.
func (r *run) undo(chain string, deeds []deed) {
	for _, d := range slices.Backward(deeds) {
		if back, ok := inverse(d); ok {
			if err := r.m.do(context.Background(), []deed{back})[0]; err != nil {
				r.m.opts.Log.Warn("undo failed", "chain", chain, "step", back.op, "target", back.target.Name, "error", err)
			}
		}
	}
}

// inverse answers the deed that takes another one back.
func inverse(d deed) (deed, bool) {
	back := deed{target: d.target, from: d.to, to: d.from, index: d.index}
	switch d.op {
	case guest.AddAddress:
		back.op = guest.DeleteAddress
	case guest.DeleteAddress:
		back.op, back.from = guest.AddAddress, nil
	case guest.AddRoute:
		back.op = guest.DeleteRoute
	case guest.DeleteRoute:
		back.op, back.from = guest.AddRoute, nil
	case guest.ReplaceRoute:
		back.op = guest.ReplaceRoute
	case guest.AddRule:
		back.op = guest.DeleteRule
	case guest.DeleteRule:
		back.op = guest.AddRule
	case guest.SetMTU, guest.SetSysctl, guest.SetChannels, guest.SetRPS:
		back.op = d.op
		if d.from == nil {
			return back, false // a queue that this turn brought back: it had no mask
		}
	case guest.SetLinkUp:
		back.op = setLinkDown
	default:
		return back, false // SetPromote changes nothing by itself
	}
	return back, true
}

// setLinkDown is no operation of a plan: it only undoes SetLinkUp.
const setLinkDown = "SetLinkDown"
