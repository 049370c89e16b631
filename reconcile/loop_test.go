package reconcile

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"enid/plan"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/schema"
)

// memory is a Source of what a test puts into it.
type memory struct {
	mu      sync.Mutex
	rev     Revision
	err     error
	changed chan struct{}
	applied string
}

func (m *memory) Fetch(context.Context) (Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rev, m.err
}
func (m *memory) Changed() <-chan struct{} { return m.changed }
func (m *memory) Close() error             { return nil }
func (m *memory) SetApplied(commit string) { m.applied = commit }
func (m *memory) commit(id string, docs ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rev = Revision{ID: id, Author: "A <a@example.com>", Subject: "commit " + id, Time: noon(), FS: files(docs...)}
}

// files answers a folder with a file for each text.
func files(docs ...string) fs.FS {
	out := fstest.MapFS{}
	for i, d := range docs {
		out[fmt.Sprintf("%03d.yaml", i)] = &fstest.MapFile{Data: []byte(d)}
	}
	return out
}

func noon() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// lab is a loop with a real store and the state-only driver.
type lab struct {
	*Controller
	t      testing.TB
	dir    string
	db     store.Store
	driver *cloud.Driver
	source *memory
	clock  time.Time
	events []string
}

type labOptions struct {
	cloud  cloud.Options
	config Config
	dir    string
	// realTime has commits batched by time; the clock stands still otherwise.
	realTime bool
	wrap     func(store.Store) store.Store
}

func newLab(t testing.TB, o labOptions) *lab {
	t.Helper()
	l := &lab{t: t, dir: o.dir, source: &memory{changed: make(chan struct{}, 1)}, clock: noon()}
	if l.dir == "" {
		l.dir = t.TempDir()
	}
	db, err := bolt.Open(l.dir, bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	l.db = db
	if o.wrap != nil {
		l.db = o.wrap(db)
	}
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.cloud.Settle == 0 && !o.realTime {
		o.cloud.Now = func() time.Time { return l.clock }
		o.config.Now = o.cloud.Now
	}
	l.driver = cloud.New(state.Resources, o.cloud)
	c := o.config
	c.Source, c.Store, c.Target, c.From = l.source, l.db, l.driver, "test"
	progress := c.Progress
	c.Progress = func(p Progress) {
		if p.State != StepStarted {
			l.events = append(l.events, fmt.Sprintf("%s %s %s", p.State, p.Step.Operation, p.Step.Target))
		}
		if progress != nil {
			progress(p)
		}
	}
	l.Controller = New(c, state)
	return l
}

// turn does a turn that goes well.
func (l *lab) turn() *Report {
	l.t.Helper()
	l.events = nil
	r, err := l.Turn(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func (l *lab) load() *store.State {
	l.t.Helper()
	s, err := l.db.Load(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// stored answers a resource of the store, nil where it is not there.
func (l *lab) stored(name string) *schema.Resource {
	l.t.Helper()
	for _, r := range l.load().Resources {
		if r.Ref.String() == name {
			return r
		}
	}
	return nil
}

func statusOf[S schema.Status](l *lab, name string) S {
	l.t.Helper()
	r := l.stored(name)
	if r == nil {
		l.t.Fatalf("%s is not in the state", name)
	}
	return r.Status.(S)
}

// want fails the test unless the events are these, in this order.
func (l *lab) want(events ...string) {
	l.t.Helper()
	if got, want := strings.Join(l.events, "\n"), strings.Join(events, "\n"); got != want {
		l.t.Errorf("steps:\n%s\nwant:\n%s", got, want)
	}
}

func rules(p *plan.Plan) (out []string) {
	for _, s := range p.Steps {
		for _, b := range s.BlockedBy {
			out = append(out, s.Target.String()+" "+b.Rule)
		}
	}
	return out
}

const network = `
{apiVersion: enid/v1, kind: Account, metadata: {name: main}, spec: {provider: alibaba}}
---
{apiVersion: enid/v1, kind: VPC, metadata: {name: prod}, spec: {region: cn-a, cidr: 10.0.0.0/16}}
---
{apiVersion: enid/v1, kind: Subnet, metadata: {name: a}, spec: {vpc: prod, zone: cn-a-1, cidr: 10.0.0.0/24}}
---
apiVersion: enid/v1
kind: SecurityGroup
metadata: {name: web}
spec: {vpc: prod, rules: [{ports: 443, protocol: tcp, peer: {cidr: 0.0.0.0/0}}]}
`

func instance(name, more string) string {
	return fmt.Sprintf("{apiVersion: enid/v1, kind: Instance, metadata: {name: %s}, spec: {type: ecs.g5.xlarge, image: centos-7.2-64, subnet: a, securityGroups: [web]%s}}", name, more)
}

func eni(name, more string) string {
	return fmt.Sprintf("{apiVersion: enid/v1, kind: ENI, metadata: {name: %s}, spec: {subnet: a, securityGroups: [web]%s}}", name, more)
}

const downtime = `{apiVersion: enid/v1, kind: Policy, metadata: {name: day}, spec: {downtime: allow}}`
