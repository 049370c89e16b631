package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
)

// logger answers the log, on stderr.
func (a *app) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level %q: choose debug, info, warn or error", a.logLevel)
	}
	if err := oneOf("log-format", a.logFormat, "text", "json"); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	handler := func(w io.Writer) slog.Handler {
		if a.logFormat == "json" {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	if !toJournal(a.err) {
		return slog.New(handler(a.err)), nil
	}
	options.ReplaceAttr = func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) == 0 && attr.Key == slog.TimeKey { // the journal has its own
			return slog.Attr{}
		}
		return attr
	}
	by := prioritized{}
	for p := range by {
		by[p] = handler(prefixed{a.err, priority(p)})
	}
	return slog.New(by), nil
}

// toJournal reports whether w is what systemd has connected to its journal.
func toJournal(w io.Writer) bool {
	if w != os.Stderr {
		return false
	}
	is, err := journal.StderrIsJournalStream()
	return err == nil && is
}

// priority is how urgent a line is, in syslog's order. The journal reads it as <N> at
// the line's beginning, and takes that away (sd-daemon(3)).
type priority int

// priorityOf answers the priority of a level.
func priorityOf(level slog.Level) priority {
	switch {
	case level >= slog.LevelError:
		return priority(journal.PriErr)
	case level >= slog.LevelWarn:
		return priority(journal.PriWarning)
	case level >= slog.LevelInfo:
		return priority(journal.PriInfo)
	}
	return priority(journal.PriDebug)
}

// prefixed writes lines of one priority.
type prefixed struct {
	io.Writer
	priority
}

// Write writes one line, in one piece: others write too.
func (p prefixed) Write(line []byte) (int, error) {
	if _, err := fmt.Fprintf(p.Writer, "<%d>%s", p.priority, line); err != nil {
		return 0, err
	}
	return len(line), nil
}

// prioritized has a handler for each priority.
type prioritized [journal.PriDebug + 1]slog.Handler

// Enabled reports whether records of that level are written.
func (h prioritized) Enabled(ctx context.Context, level slog.Level) bool {
	return h[priorityOf(level)].Enabled(ctx, level)
}

// Handle writes a record under its priority.
func (h prioritized) Handle(ctx context.Context, r slog.Record) error {
	return h[priorityOf(r.Level)].Handle(ctx, r)
}

// WithAttrs answers handlers of records that have these too.
func (h prioritized) WithAttrs(attrs []slog.Attr) slog.Handler {
	for p := range h {
		h[p] = h[p].WithAttrs(attrs)
	}
	return h
}

// WithGroup answers handlers of records below that group.
func (h prioritized) WithGroup(name string) slog.Handler {
	for p := range h {
		h[p] = h[p].WithGroup(name)
	}
	return h
}

// complain says why the command failed.
func (a *app) complain(err error) {
	text := fmt.Sprintf("enid: %v", err)
	if toJournal(a.err) {
		mark := fmt.Sprintf("<%d>", journal.PriErr)
		text = mark + strings.ReplaceAll(text, "\n", "\n"+mark)
	}
	fmt.Fprintln(a.err, text)
}
