package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"enid/reconcile"
	"enid/reconcile/metrics"
	"enid/reconcile/notify"
)

// notifyFlags say who is told how the loop fares.
type notifyFlags struct {
	urlFile, template                   string
	forge, tokenFile, apiURL, ownStatus string
}

func (f *notifyFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.urlFile, "notify-url-file", "", "file with a URL that gets a POST for each change of a condition")
	set.StringVar(&f.template, "notify-template", "", "Go text/template of its body (default: the event as JSON)")
	set.StringVar(&f.forge, "commit-status", "", "set the status of each commit at the forge: github, gitlab or gitea")
	set.StringVar(&f.tokenFile, "commit-status-token-file", "", "file with the forge's token for that")
	set.StringVar(&f.apiURL, "commit-status-url", "", "the repository's address in the forge's API (default: by --repo)")
	set.StringVar(&f.ownStatus, "commit-status-context", "", "the status's name on the commit (default: enid, or enid/HOST)")
}

// check refuses flags that have no effect without another one.
func (f notifyFlags) check() error {
	switch {
	case f.template != "" && f.urlFile == "":
		return errors.New("--notify-template is of what --notify-url-file gets: give that as well")
	case f.forge == "" && f.tokenFile+f.apiURL+f.ownStatus != "":
		return errors.New("--commit-status-… says how a forge is told: give --commit-status as well")
	case f.forge != "" && f.tokenFile == "":
		return errors.New("--commit-status needs --commit-status-token-file")
	}
	if f.forge == "" {
		return nil
	}
	return oneOf("commit-status", f.forge, string(notify.GitHub), string(notify.GitLab), string(notify.Gitea))
}

// teller tells somebody of turns. Turned never waits.
type teller interface {
	Turned(reconcile.Turned)
	Queued() int
	Run(ctx context.Context)
}

// tellers are all who are told.
type tellers []teller

// tellers answers who the flags say is told of a loop.
func (f runFlags) tellers(cfg *reconcile.Config, stateDir string, m *metrics.Metrics) (all tellers, err error) {
	common := func(to string) notify.Common {
		return notify.Common{CAFile: f.caFile, Log: cfg.Log, Count: func(result string) { m.Notified(to, result) }}
	}
	if f.notify.urlFile != "" {
		o := notify.URLOptions{Common: common("url"), File: f.notify.urlFile, Told: filepath.Join(stateDir, "told.json")}
		if f.notify.template != "" {
			text, err := os.ReadFile(f.notify.template)
			if err == nil {
				o.Template, err = notify.ParseTemplate(filepath.Base(f.notify.template), string(text))
			}
			if err != nil {
				return nil, fmt.Errorf("--notify-template: %w", err)
			}
		}
		u, err := notify.NewURL(o)
		if err != nil {
			return nil, fmt.Errorf("--notify-url-file: %w", err)
		}
		m.Queue("url", u.Queued)
		all = append(all, u)
	}
	if f.notify.forge != "" {
		c, err := f.commits(cfg.HostName, common("commit-status"))
		if err != nil {
			return nil, fmt.Errorf("--commit-status: %w", err)
		}
		m.Queue("commit-status", c.Queued)
		all = append(all, c)
	}
	return all, nil
}

func (f runFlags) commits(host string, common notify.Common) (*notify.Commits, error) {
	o := notify.CommitOptions{Common: common, Forge: notify.Forge(f.notify.forge), URL: f.notify.apiURL, TokenFile: f.notify.tokenFile, Context: f.notify.ownStatus}
	if f.repo == "" {
		return nil, errors.New("a folder has no commits: follow a --repo")
	}
	if o.Context == "" {
		o.Context = "enid"
		if host != "" {
			o.Context += "/" + host
		}
	}
	if o.URL == "" {
		var err error
		if o.URL, err = notify.RepositoryURL(o.Forge, f.repo); err != nil {
			return nil, err
		}
	}
	return notify.NewCommits(o)
}

// Turned tells all.
func (t tellers) Turned(turned reconcile.Turned) {
	for _, one := range t {
		one.Turned(turned)
	}
}

// start has them deliver until end is called.
func (t tellers) start(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	for _, one := range t {
		group.Go(func() error {
			one.Run(ctx)
			return nil
		})
	}
	return func() {
		cancel()
		_ = group.Wait() // nobody answers an error
	}
}
