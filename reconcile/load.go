package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"enid/schema"
)

// Cache keeps what the files of the last revision said, so that a commit costs
// what it changed. The zero Cache is empty. It is not for concurrent use.
type Cache struct {
	files map[string]cached // by path
}

type cached struct {
	digest string // the source's, or the SHA-256 where it has none
	file   schema.File
}

// Load reads, joins and validates a revision's topology. Only files whose digest
// the cache does not have are read and parsed, on all processors. The topology is
// nil where no resource was read. The error is ctx's.
func Load(ctx context.Context, rev Revision, cache *Cache) (*schema.Topology, []schema.Finding, error) {
	paths, findings := schema.Paths(rev.FS)
	for i := range findings {
		findings[i].Pos.File = path.Join(rev.Root, findings[i].Pos.File)
	}
	files := make([]cached, len(paths))
	problems := make([]*schema.Finding, len(paths))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range paths {
		if digest, ok := rev.digest(name); ok {
			if known, ok := cache.files[name]; ok && known.digest == digest {
				files[i] = known
				continue
			}
		}
		group.Go(func() (err error) {
			files[i], problems[i] = parse(rev, name, cache.files[name])
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, fmt.Errorf("load %s: %w", rev.ID, err)
	}
	read := make([]schema.File, 0, len(files))
	keep := make(map[string]cached, len(files))
	for i, f := range files {
		if problems[i] != nil {
			findings = append(findings, *problems[i])
			continue
		}
		read = append(read, f.file)
		keep[paths[i]] = f
	}
	cache.files = keep
	topology, more := schema.Join(read)
	findings = append(findings, more...)
	schema.SortFindings(findings)
	return topology, findings, nil
}

func (r Revision) digest(name string) (string, bool) {
	if r.Digest == nil {
		return "", false
	}
	return r.Digest(name)
}

// parse reads one file, unless known is what its bytes say.
func parse(rev Revision, name string, known cached) (cached, *schema.Finding) {
	data, err := fs.ReadFile(rev.FS, name)
	if err != nil {
		return cached{}, &schema.Finding{Pos: schema.Pos{File: path.Join(rev.Root, name), Line: 1, Column: 1}, Message: "cannot be read: " + err.Error()}
	}
	digest, ok := rev.digest(name)
	if !ok {
		sum := sha256.Sum256(data)
		if digest = hex.EncodeToString(sum[:]); known.digest == digest {
			return known, nil
		}
	}
	return cached{digest, schema.Parse(path.Join(rev.Root, name), data)}, nil
}

// Errors answers the findings that are not advice.
func Errors(findings []schema.Finding) []schema.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f schema.Finding) bool { return f.Advice })
}

// Misplaced answers a finding for each Policy and Approval outside the folder dir
// (slash-separated, from the topology's root), which code owners guard.
func Misplaced(t *schema.Topology, dir string) (findings []schema.Finding) {
	dir = path.Clean(dir)
	if t == nil || dir == "." {
		return nil
	}
	for _, kind := range []schema.Kind{schema.KindPolicy, schema.KindApproval} {
		for _, r := range t.OfKind(kind) {
			if !strings.HasPrefix(path.Clean(r.Pos.File), dir+"/") {
				findings = append(findings, schema.Finding{Pos: r.Pos, Ref: r.Ref, Message: "stands outside the policy path",
					Allowed: fmt.Sprintf("a %s in %s/ only", kind, dir)})
			}
		}
	}
	schema.SortFindings(findings)
	return findings
}
