//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is Chromium inside a lab, and what it has to complain about.
type browser struct {
	l   *lab
	ctx context.Context

	mu       sync.Mutex
	troubles []string // on the console: errors, and what the page's policy forbade
	asked    []string // addresses
}

// newBrowser starts a browser in the lab. It dies with the test.
func (l *lab) newBrowser() *browser {
	l.t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		l.t.Skip("chromium is not installed")
	}
	enter := func(cmd *exec.Cmd) {
		inside := l.background(append([]string{program}, cmd.Args[1:]...)...)
		cmd.Path, cmd.Args = inside.Path, inside.Args
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.UserDataDir(l.path("chromium")), chromedp.NoInheritEnv, chromedp.Env(append(l.env(), "TMPDIR="+l.dir)...), chromedp.ModifyCmdFunc(enter))
	ctx, cancel := chromedp.NewExecAllocator(l.ctx, options...)
	l.t.Cleanup(cancel)
	ctx, end := chromedp.NewContext(ctx)
	l.t.Cleanup(end)
	b := &browser{l: l, ctx: ctx}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		l.t.Fatalf("chromium: %v", err)
	}
	return b
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.troubles = append(b.troubles, fmt.Sprintf("%s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber))
	case *runtime.EventConsoleAPICalled:
		b.troubles = append(b.troubles, fmt.Sprintf("console.%s", e.Type))
	case *cdplog.EventEntryAdded:
		b.troubles = append(b.troubles, fmt.Sprintf("%s: %s: %s", e.Entry.Level, e.Entry.Source, e.Entry.Text))
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	}
}

// calm fails the test where the browser had something to complain about, or asked
// for anything of another origin.
func (b *browser) calm(origin string) {
	b.l.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.l.t.Errorf("the console says: %s", trouble)
	}
	if len(b.asked) == 0 {
		b.l.t.Error("no request was seen")
	}
	for _, url := range b.asked {
		if !strings.HasPrefix(url, origin+"/") {
			b.l.t.Errorf("%s was asked for", url)
		}
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.l.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.l.t.Fatalf("the browser: %v", err)
	}
}

// is waits until an expression of the page is true.
func (b *browser) is(what, expression string) {
	b.l.t.Helper()
	b.l.within(what, func() error {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && !yes {
			err = errors.New("the page says: " + tail(b.text()))
		}
		return err
	})
}

// shows waits until an element's text holds a word.
func (b *browser) shows(selector, word string) {
	b.l.t.Helper()
	b.is(selector+" shows "+word, fmt.Sprintf("document.querySelector(%q)?.innerText.includes(%q)", selector, word))
}

// text is what a reader of the whole page reads.
func (b *browser) text() string {
	text, err := chromedp.Run(b.ctx, chromedp.Text("body"))
	if err != nil {
		return err.Error()
	}
	return text
}
