package git

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"enid/reconcile"
)

// relation says how a branch's tip stands to the applied commit.
type relation string

const (
	same      relation = "same"      // nothing moved
	forward   relation = "forward"   // the applied commit is an ancestor of the tip
	rewound   relation = "rewound"   // the tip is an ancestor of the applied commit
	diverged  relation = "diverged"  // they share an ancestor, and neither is one of the other
	unrelated relation = "unrelated" // they share nothing
	lost      relation = "lost"      // the applied commit is in no history that is known
)

// errNotACommit is a reference to a tree or a file.
var errNotACommit = errors.New("not a commit")

// longestTagChain bounds tags of tags.
const longestTagChain = 16

// peel follows tags to what they are for; errNotACommit where that is no commit.
func (st *store) peel(h plumbing.Hash) (plumbing.Hash, error) {
	for range longestTagChain {
		o, err := st.objects.EncodedObject(plumbing.AnyObject, h)
		if err != nil {
			return plumbing.ZeroHash, fmt.Errorf("reading %s: %w", h, err)
		}
		switch o.Type() {
		case plumbing.CommitObject:
			return h, nil
		case plumbing.TagObject:
			tag, err := object.DecodeTag(st.objects, o)
			if err != nil {
				return plumbing.ZeroHash, fmt.Errorf("reading tag %s: %w", h, err)
			}
			h = tag.Target
		default:
			return plumbing.ZeroHash, errNotACommit
		}
	}
	return plumbing.ZeroHash, errNotACommit
}

// walk visits from and its ancestors, nearest first, each once, until visit
// answers false. Nearest first, because what is asked for is nearly always a few
// commits away, and the library's own order goes down to the root before it looks
// at a second parent.
func (st *store) walk(ctx context.Context, from plumbing.Hash, visit func(plumbing.Hash) bool) error {
	edge, err := st.objects.Shallow()
	if err != nil {
		return fmt.Errorf("reading the cache's edge: %w", err)
	}
	cut := make(map[plumbing.Hash]bool, len(edge))
	for _, h := range edge {
		cut[h] = true
	}
	seen := map[plumbing.Hash]bool{from: true}
	for queue := []plumbing.Hash{from}; len(queue) > 0; queue = queue[1:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !visit(queue[0]) {
			return nil
		}
		if cut[queue[0]] {
			continue
		}
		c, err := st.commit(queue[0])
		if err != nil {
			return err
		}
		for _, parent := range c.ParentHashes {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
	}
	return nil
}

// isAncestor says whether old is reachable from tip.
func (st *store) isAncestor(ctx context.Context, old, tip plumbing.Hash) (bool, error) {
	found := false
	err := st.walk(ctx, tip, func(h plumbing.Hash) bool {
		found = h == old
		return !found
	})
	return found, err
}

// relate classifies tip against the applied commit.
func (st *store) relate(ctx context.Context, applied, tip plumbing.Hash) (relation, error) {
	if applied == tip {
		return same, nil
	}
	if known, err := st.has(applied); err != nil {
		return "", err
	} else if !known {
		// A tip's history is whole in the cache, so it does not hold it either.
		return lost, nil
	}
	if ahead, err := st.isAncestor(ctx, applied, tip); err != nil {
		return "", err
	} else if ahead {
		return forward, nil
	}
	if behind, err := st.isAncestor(ctx, tip, applied); err != nil {
		return "", err
	} else if behind {
		return rewound, nil
	}
	ours := map[plumbing.Hash]bool{}
	if err := st.walk(ctx, applied, func(h plumbing.Hash) bool { ours[h] = true; return true }); err != nil {
		return "", err
	}
	answer := unrelated
	err := st.walk(ctx, tip, func(h plumbing.Hash) bool {
		if ours[h] {
			answer = diverged
		}
		return answer == unrelated
	})
	return answer, err
}

// hold decides whether a commit may pass: nil lets it. A commit that was named in
// the configuration is a person's decision and always passes.
func (s *Source) hold(ctx context.Context, st *store, applied, head plumbing.Hash) error {
	if applied.IsZero() || !s.pinned.IsZero() {
		return nil
	}
	r, err := st.relate(ctx, applied, head)
	if err != nil {
		return err
	}
	var says string
	condition := reconcile.Diverged
	switch r {
	case same, forward:
		return nil
	case rewound:
		condition = reconcile.Rewound
		says = "went back to %s, an ancestor of the applied %s"
	case diverged:
		says = "is at %s, which left the history of the applied %s"
	case unrelated:
		says = "is at %s, which shares no commit with the applied %s"
	case lost:
		says = "is at %s, whose history does not hold the applied %s"
	}
	if s.opt.OnRewind == Follow {
		s.log.Warn("following a reference that left the applied history",
			"ref", s.ref.String(), "relation", string(r), "applied", applied.String(), "commit", head.String())
		return nil
	}
	e := s.fail(condition, nil, "%s "+says, s.ref, head, applied)
	e.Revision = head.String()
	return e
}
