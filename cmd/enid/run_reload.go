package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"enid/reconcile"
)

// renewable are the flags whose change needs no restart.
var renewable = []string{"interval", "max-deletes", "policy-path", "adopt-source", "require-review"}

// given are the flags of a command line, by name: what the environment and the file
// do not decide.
type given map[string][]string

func givenOf(flags *pflag.FlagSet) given {
	g := given{}
	flags.Visit(func(f *pflag.Flag) {
		g[f.Name] = []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			g[f.Name] = list.GetSlice()
		}
	})
	return g
}

// again answers the flags as they would be by a start now: the same command line and
// environment, the file as it is. all are the names that the file may have.
func (g given) again(all *pflag.FlagSet) (f runFlags, set *pflag.FlagSet, err error) {
	set = pflag.NewFlagSet("run", pflag.ContinueOnError)
	f.add(set)
	all.VisitAll(func(other *pflag.Flag) {
		if set.Lookup(other.Name) == nil {
			_ = set.String(other.Name, other.DefValue, "") // accepted in the file, and read at a start only
		}
	})
	for name, values := range g {
		for _, v := range values {
			if err := set.Set(name, v); err != nil {
				return f, set, fmt.Errorf("--%s: %w", name, err)
			}
		}
	}
	return f, set, configure(set, f.config)
}

// survive keeps from the daemon's end what means something else: SIGHUP, which is
// answered, from the first moment on, and EPIPE of a log whose reader has gone, such as
// a journal that is restarted.
func survive() (hangups chan os.Signal) {
	hangups = make(chan os.Signal, 1) // of many that wait, one is left
	signal.Notify(hangups, syscall.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // nobody reads it; ignored, children would inherit that
	return hangups
}

// follow reads the configuration again at each hangup, until ctx ends. One that is
// wrong leaves the old one in force, and is told; so is what needs a restart.
func (r reload) follow(ctx context.Context, c *reconcile.Controller, log *slog.Logger) {
	go func() {
		defer signal.Stop(r.hangups)
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.hangups:
			}
			if err := r.renew(c, log); err != nil {
				log.Error("the configuration is wrong; the one before stays in force", "err", err)
			}
		}
	}()
}

// reload is what a start was made from.
type reload struct {
	given given
	flags *pflag.FlagSet // with the values of the start

	hangups chan os.Signal
}

func (r reload) renew(c *reconcile.Controller, log *slog.Logger) error {
	f, set, err := r.given.again(r.flags)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	limit, err := limitOf(f.maxDeletes)
	if err != nil {
		return err
	}
	trusts, err := f.trust()
	if err != nil {
		return err
	}
	c.Renew(func(cfg *reconcile.Config) {
		cfg.Interval, cfg.Limit, cfg.PolicyPath, cfg.AdoptSource, cfg.Review = f.interval, limit, f.policyPath, f.adopt, trusts.review
	})
	log.Info("the configuration was read again")
	if names := r.restart(set); len(names) > 0 {
		log.Warn("some of what has changed wants a restart", "flags", strings.Join(names, ", "))
	}
	return nil
}

// restart names the flags that have other values than at the start, and are read then.
func (r reload) restart(set *pflag.FlagSet) (names []string) {
	r.flags.VisitAll(func(was *pflag.Flag) {
		is := set.Lookup(was.Name)
		if is == nil || !is.Changed && !was.Changed || slices.Contains(renewable, was.Name) {
			return
		}
		if is.Value.String() != was.Value.String() {
			names = append(names, was.Name)
		}
	})
	return names
}
