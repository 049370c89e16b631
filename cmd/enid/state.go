package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
)

// openState opens the state to change it.
func (a *app) openState() (*bolt.DB, error) {
	where, err := store.ParseURL(a.state)
	if err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	db, err := bolt.Open(where.Dir, bolt.Options{})
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return db, nil
}

// queryState opens the state for reading, and waits a moment for its lock; nil
// without an error where there is none yet.
func (a *app) queryState() (*bolt.DB, error) {
	where, err := store.ParseURL(a.state)
	if err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	db, err := bolt.Open(where.Dir, bolt.Options{ReadOnly: true, Timeout: bolt.Timeout / 40})
	switch {
	case errors.Is(err, store.ErrAbsent):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("state: %w", err)
	}
	return db, nil
}

// ask puts a question to the daemon of this state.
func ask[T any](a *app, question func(*web.Client) (T, error)) (answer T, err error) {
	where, err := store.ParseURL(a.state)
	if err != nil {
		return answer, fmt.Errorf("--state: %w", err)
	}
	return question(web.Dial(where.Dir))
}

// query asks the daemon of this state or, where none runs, has the state read; db
// is nil where there is none yet. A daemon that starts or ends holds the lock and
// does not answer yet, or no longer: both are tried in turn until one does.
func query[T any](a *app, question func(*web.Client) (T, error), read func(db *bolt.DB) (T, error)) (answer T, err error) {
	for until := time.Now().Add(bolt.Timeout); ; {
		if answer, err = ask(a, question); !errors.Is(err, web.ErrNoDaemon) {
			return answer, err
		}
		db, err := a.queryState()
		switch {
		case errors.Is(err, store.ErrLocked) && time.Now().Before(until):
			continue
		case err != nil:
			return answer, err
		case db == nil:
			return read(nil)
		}
		defer db.Close()
		return read(db)
	}
}

// readState answers the state, from a running daemon where there is one, the
// empty state where there is none yet.
func (a *app) readState(ctx context.Context) (*store.State, error) {
	return query(a,
		func(c *web.Client) (*store.State, error) { return c.Load(ctx) },
		func(db *bolt.DB) (*store.State, error) { return load(ctx, db) })
}

// load answers what a state holds; nil is the empty one.
func load(ctx context.Context, db *bolt.DB) (*store.State, error) {
	if db == nil {
		return &store.State{}, nil
	}
	state, err := db.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return state, nil
}

// readHistory answers the applied revisions, newest first.
func (a *app) readHistory(ctx context.Context) ([]store.Revision, error) {
	return query(a,
		func(c *web.Client) ([]store.Revision, error) { return c.History(ctx) },
		func(db *bolt.DB) ([]store.Revision, error) {
			if db == nil {
				return nil, nil
			}
			return db.History(ctx, 0, 0)
		})
}

// readRevision answers one applied revision.
func (a *app) readRevision(ctx context.Context, serial uint64) (*store.Detail, error) {
	d, err := query(a,
		func(c *web.Client) (*store.Detail, error) { return c.Revision(ctx, serial) },
		func(db *bolt.DB) (*store.Detail, error) {
			if db == nil {
				return nil, store.ErrAbsent
			}
			return db.Revision(ctx, serial)
		})
	if errors.Is(err, store.ErrAbsent) {
		return nil, fmt.Errorf("there is no revision %d; `enid history` lists them", serial)
	}
	return d, err
}
