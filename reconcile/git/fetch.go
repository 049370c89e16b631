package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

	"enid/reconcile"
)

// ours is where the cache keeps the remote's references: refs/heads/X becomes
// refs/enid/heads/X. Only they say what a server need not send again.
const ours = "refs/enid/"

// fetch is one turn. It answers a *reconcile.SourceError for what it found out,
// and any other error for a cache that is damaged.
func (s *Source) fetch(ctx context.Context, applied plumbing.Hash) (reconcile.Revision, error) {
	if !s.pinned.IsZero() {
		if s.settled(s.pinned, applied) {
			return s.answer()
		}
		if rev, err, known := s.fromCache(ctx, applied); known {
			return rev, err
		}
	}
	talk, err := s.open(ctx)
	if err != nil {
		return reconcile.Revision{}, s.networkError(ctx, "connecting", err)
	}
	defer talk.Close()
	adv, err := talk.AdvertisedReferencesContext(ctx)
	if err != nil {
		return reconcile.Revision{}, s.networkError(ctx, "listing the references", err)
	}
	tip, wants, err := s.wanted(adv)
	if err != nil {
		return reconcile.Revision{}, err
	}
	if s.settled(tip, applied) {
		return s.answer()
	}
	st, err := openStore(s.cache)
	if err != nil {
		return reconcile.Revision{}, err
	}
	defer func() { _ = st.Close() }()
	if st, err = s.bring(ctx, talk, adv, st, wants); err != nil {
		return reconcile.Revision{}, err
	}
	if there, err := st.has(tip); err != nil {
		return reconcile.Revision{}, err
	} else if !there {
		return reconcile.Revision{}, s.fail(reconcile.Missing, nil, "there is no commit %s in any branch or tag", tip)
	}
	return s.judge(ctx, st, tip, applied)
}

// fromCache answers a followed commit that is there already; known is false where
// it is not. A commit never changes, so that nobody need be asked.
func (s *Source) fromCache(ctx context.Context, applied plumbing.Hash) (rev reconcile.Revision, err error, known bool) {
	st, err := openStore(s.cache)
	if err != nil {
		return rev, err, true
	}
	defer st.Close()
	there, err := st.has(s.pinned)
	if err != nil || !there {
		return rev, err, err != nil
	}
	rev, err = s.judge(ctx, st, s.pinned, applied)
	return rev, err, true
}

// settled reports whether the verdict answers these. A commit that was let pass and
// is applied since has nothing to be compared with: it is the next poll of each.
func (s *Source) settled(tip, applied plumbing.Hash) bool {
	v := &s.verdict
	return v.tip == tip && (v.applied == applied || v.err == nil && v.rev.ID == applied.String())
}

// answer is the verdict, if who signed the commit is trusted still.
func (s *Source) answer() (reconcile.Revision, error) {
	v := s.verdict
	if v.err != nil {
		return reconcile.Revision{}, v.err
	}
	if err := s.trusted(v.commit, v.rev.ID); err != nil {
		return reconcile.Revision{}, err
	}
	return v.rev, nil
}

// trusted answers NotVerified unless the commit is signed by one of the keys.
func (s *Source) trusted(commit []byte, id string) error {
	if s.opt.Verify == nil {
		return nil
	}
	if err := s.opt.Verify(commit); err != nil {
		failed := s.fail(reconcile.NotVerified, err, "%s is held: no signature of it counts: %v", id, err)
		failed.Revision = id
		return failed
	}
	return nil
}

// judge decides about a tip that is in the cache, and remembers the answer; not that
// a commit is not trusted, which keys decide that may change.
func (s *Source) judge(ctx context.Context, st *store, tip, applied plumbing.Hash) (reconcile.Revision, error) {
	s.verdict = verdict{}
	rev, commit, err := s.decide(ctx, st, tip, applied)
	known := (*reconcile.SourceError)(nil)
	if err == nil || errors.As(err, &known) && known.Condition != reconcile.NotVerified {
		s.verdict = verdict{tip: tip, applied: applied, commit: commit, rev: rev, err: known}
	}
	return rev, err
}

func (s *Source) decide(ctx context.Context, st *store, tip, applied plumbing.Hash) (rev reconcile.Revision, commit []byte, err error) {
	head, err := st.peel(tip)
	if errors.Is(err, errNotACommit) {
		return rev, nil, s.fail(reconcile.Unsupported, nil, "%s does not name a commit", s.following())
	}
	if err != nil {
		return rev, nil, err
	}
	if commit, err = st.read(plumbing.CommitObject, head); err != nil {
		return rev, nil, err
	}
	if err := s.trusted(commit, head.String()); err != nil { // before anything else of it is read
		return rev, nil, err
	}
	if err := s.hold(ctx, st, applied, head); err != nil {
		return rev, nil, err
	}
	if s.rev.ID != head.String() {
		if err := s.snapshot(ctx, st, head); err != nil {
			return rev, nil, err
		}
	}
	return s.rev, commit, nil
}

func (s *Source) following() string {
	if s.pinned.IsZero() {
		return s.ref.String()
	}
	return s.pinned.String()
}

// wanted answers what the followed reference names at the remote, and which
// references the cache is to have for it.
func (s *Source) wanted(adv *packp.AdvRefs) (plumbing.Hash, map[plumbing.ReferenceName]plumbing.Hash, error) {
	if !s.pinned.IsZero() {
		return s.pinned, s.wantedForCommit(adv), nil
	}
	tip, ok := adv.References[s.ref.String()]
	if !ok {
		return tip, nil, s.fail(reconcile.Missing, nil, "there is no %s; there is %s", s.ref, someBranches(adv))
	}
	return tip, map[plumbing.ReferenceName]plumbing.Hash{localName(s.ref.String()): tip}, nil
}

// wantedForCommit names the commit itself where the server allows that, and every
// branch and tag where it does not.
func (s *Source) wantedForCommit(adv *packp.AdvRefs) map[plumbing.ReferenceName]plumbing.Hash {
	all := map[plumbing.ReferenceName]plumbing.Hash{}
	direct := adv.Capabilities.Supports(capability.AllowReachableSHA1InWant)
	for name, h := range adv.References {
		direct = direct || h == s.pinned
		if strings.HasPrefix(name, "refs/heads/") || strings.HasPrefix(name, "refs/tags/") {
			all[localName(name)] = h
		}
	}
	if direct {
		return map[plumbing.ReferenceName]plumbing.Hash{ours + "commit": s.pinned}
	}
	return all
}

func localName(remote string) plumbing.ReferenceName {
	return plumbing.ReferenceName(ours + strings.TrimPrefix(remote, "refs/"))
}

// someBranches names a few branches, for somebody who looks for "main" where
// there is "master".
func someBranches(adv *packp.AdvRefs) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(adv.References)) {
		if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok {
			names = append(names, branch)
		}
	}
	switch {
	case len(names) == 0:
		return "no branch at all"
	case len(names) > 5:
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}

// bring makes the cache hold what is wanted. It takes over st and answers the
// store to go on with; after an error too, for the caller to close.
func (s *Source) bring(ctx context.Context, talk session, adv *packp.AdvRefs, st *store, wants map[plumbing.ReferenceName]plumbing.Hash) (*store, error) {
	missing := map[plumbing.Hash]bool{}
	for _, h := range wants {
		there, err := st.has(h)
		if err != nil {
			return st, err
		}
		if !there {
			missing[h] = true
		}
	}
	if len(missing) == 0 {
		return st, st.refer(wants)
	}
	if st.packs() >= mostPacks {
		return s.cloneAnew(ctx, talk, adv, st, wants)
	}
	haves, err := st.haves(ctx)
	if err != nil {
		return st, err
	}
	if err := s.download(ctx, talk, adv, st, slices.Collect(maps.Keys(missing)), haves); err != nil {
		return st, err
	}
	return st, st.refer(wants)
}

// cloneAnew fills a second cache and puts it in the place of the first, so that a
// network that fails on the way costs nothing.
//
// Crash before the first rename: the old cache is in force, the new one is
// deleted at the next attempt. Between the two: there is none, and it is cloned.
func (s *Source) cloneAnew(ctx context.Context, talk session, adv *packp.AdvRefs, st *store, wants map[plumbing.ReferenceName]plumbing.Hash) (*store, error) {
	fresh, old := s.cache+".new", s.cache+".old"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(old)); err != nil {
		return st, fmt.Errorf("clearing the cache: %w", err)
	}
	next, err := openStore(fresh)
	if err != nil {
		return st, err
	}
	hashes := map[plumbing.Hash]bool{}
	for _, h := range wants {
		hashes[h] = true
	}
	err = s.download(ctx, talk, adv, next, slices.Collect(maps.Keys(hashes)), nil)
	if err == nil {
		err = next.refer(wants)
	}
	_ = next.Close()
	if err != nil {
		_ = os.RemoveAll(fresh)
		return st, err
	}
	s.log.Debug("the git cache is cloned anew", "url", s.remote.display, "packs", st.packs())
	_ = st.Close()
	if err := errors.Join(os.Rename(s.cache, old), os.Rename(fresh, s.cache), os.RemoveAll(old)); err != nil {
		return st, fmt.Errorf("replacing the cache: %w", err)
	}
	next, err = openStore(s.cache)
	if err != nil {
		return st, err
	}
	return next, nil
}

// download asks for what is wanted and puts the pack into the store.
func (s *Source) download(ctx context.Context, talk session, adv *packp.AdvRefs, st *store, wants, haves []plumbing.Hash) error {
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	if adv.Capabilities.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return fmt.Errorf("composing a request: %w", err)
		}
	}
	req.Wants, req.Haves = wants, haves
	res, err := talk.UploadPack(ctx, req)
	if err != nil {
		return s.refusedWant(ctx, err)
	}
	defer res.Close()
	if len(adv.Shallows) > 0 { // a repository that is itself cut off at the bottom
		if err := st.objects.SetShallow(adv.Shallows); err != nil {
			return fmt.Errorf("keeping the history's edge: %w", err)
		}
	}
	err = st.receive(ctx, demultiplex(req.Capabilities, res), s.most)
	bad, heavy := (*damagedPack)(nil), (*tooMuch)(nil)
	if errors.As(err, &bad) || errors.As(err, &heavy) {
		return s.networkError(ctx, "fetching", err)
	}
	return err
}

// refusedWant tells a commit that is not there from a branch that moved between
// the listing and the request.
func (s *Source) refusedWant(ctx context.Context, err error) error {
	if ctx.Err() == nil && strings.Contains(err.Error(), "not our ref") && !s.pinned.IsZero() {
		return s.fail(reconcile.Missing, err, "there is no commit %s", s.pinned)
	}
	return s.networkError(ctx, "fetching", err)
}

func demultiplex(agreed *capability.List, r io.Reader) io.Reader {
	switch {
	case agreed.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case agreed.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	}
	return r
}

// refer points the cache's references at what was fetched.
func (st *store) refer(to map[plumbing.ReferenceName]plumbing.Hash) error {
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if err := st.objects.SetReference(plumbing.NewHashReference(name, to[name])); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	return nil
}
