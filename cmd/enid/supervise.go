package main

import (
	"context"
	"log/slog"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"enid/plan/render"
	"enid/reconcile"
)

// supervised tells systemd, where that started us, that the daemon serves, what it is
// at, and, while the loop comes round, that it lives. It returns when ctx has ended, and
// says so. A loop that hangs is killed by systemd and started anew, which is a crash as
// any.
func supervised(ctx context.Context, d daemon, log *slog.Logger) {
	tell := func(state string) {
		if _, err := systemd.SdNotify(false, state); err != nil {
			log.Warn("systemd was not told", "err", err)
		}
	}
	every, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("no watchdog", "err", err)
	}
	period := 10 * time.Second
	if every > 0 {
		period = min(period, every/4)
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	tell(systemd.SdNotifyReady)
	defer tell(systemd.SdNotifyStopping)
	said := ""
	for {
		if every > 0 && d.Alive() == nil {
			tell(systemd.SdNotifyWatchdog)
		}
		if now := statusLine(d.Controller.Status()); now != said {
			said = now
			tell("STATUS=" + now)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// statusLine is the status in a line, as systemctl shows it.
func statusLine(s reconcile.Status) string {
	line := "nothing applied yet"
	if s.Applied.Revision != "" {
		line = render.Short(s.Applied.Revision) + " applied"
	}
	line += ", source " + string(s.Source.Condition)
	if s.Host != nil {
		line += ", host " + string(s.Host.Condition)
	}
	return line
}
