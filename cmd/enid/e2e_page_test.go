//go:build linux

package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pageAddress is where the daemon listens: the namespace is the lab's alone.
const pageAddress = "127.0.0.1:8480"

// The status page in a real browser: it follows commits without being loaded again,
// keeps what its reader opened and where the keyboard is, says why a revision is held
// and what blocks a step, asks for nothing elsewhere, and breaks no policy of its own.
func TestE2EPage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	b := l.newBrowser()
	r := l.newRepo()
	commit := r.commit("the worked example")
	origin := "http://" + pageAddress
	d := l.daemon("--repo", r.url(), "--listen", pageAddress)
	l.within("the daemon starts", l.inSync(commit))

	b.do(chromedp.Navigate(origin + "/"))
	b.shows("#verdict", "In sync")
	b.shows("#facts", "the worked example")
	b.shows("#facts", "Ann <ann@example.net>")
	b.shows("#host", "eth1")
	b.shows("#network", "web-1-b")
	b.shows("#live", "live")

	// What the reader does lives on while the page follows.
	b.is("the details are there", `document.querySelector("#host details[open] summary")`)
	b.do(chromedp.Click("#host details[open] summary"), chromedp.Focus(`#history a[href="/history/1"]`))
	b.is("a marker is set", "window.sameDocument = true")
	r.edit("topology/web-1-b.yaml", "privateIP: 10.0.0.20", "privateIP: 10.0.0.20\n  secondaryIPs: [10.0.0.30]")
	l.within("the commit is applied", l.inSync(r.commit("one more address")))
	b.shows("#facts", "one more address")
	b.shows("#host", "10.0.0.30")
	b.shows("#history", "one more address")
	b.is("nothing was loaded again", "window.sameDocument")
	b.is("what was closed is closed", `!document.querySelector("#host details").open`)
	b.is("the keyboard is where it was", `document.activeElement.closest("#history")`)

	b.pageOfTroubles(r)
	b.pageWithoutScript(origin)
	b.calm(origin)

	// A daemon that is gone is no page that looks as if all were well.
	b.do(chromedp.Navigate(origin + "/"))
	b.shows("#live", "live")
	d.end(syscall.SIGTERM)
	b.shows("#live", "does not answer")
	l.daemon("--repo", r.url(), "--listen", pageAddress)
	b.shows("#live", "live")
}

// pageOfTroubles: what does not validate is held with its message; what is blocked
// stands there with rule and remedy, and leads to the rule.
func (b *browser) pageOfTroubles(r *remote) {
	b.l.t.Helper()
	good := r.read("topology/web-1-b.yaml")
	r.write("topology/web-1-b.yaml", strings.Replace(good, "10.0.0.30", "10.9.9.9", 1))
	r.commit("an address from elsewhere")
	b.shows("#verdict", "Held")
	b.shows("#attention", "10.9.9.9")
	b.shows("#attention", "web-1-b.yaml")
	b.shows("#facts", "one more address")

	r.write("topology/web-1-b.yaml", good)
	r.edit("topology/web-1.yaml", "privateIP: 10.0.0.19", "privateIP: 10.0.0.29")
	r.commit("another primary address")
	b.shows("#verdict", "Blocked")
	b.is("the attention is gone", `document.getElementById("attention").hidden`)
	b.shows("#blocked", "policy.downtime")
	b.shows("#blocked", "What helps:")
	b.is("the picture is coloured", `document.querySelector("#network svg .Instance.blocked")`)
	b.do(chromedp.Click(`#blocked a.rule[href="/rules/policy.downtime"]`))
	b.shows("h1", "policy.downtime")
	b.do(chromedp.NavigateBack())
	b.do(chromedp.Click(`#history a[href="/history/2"]`))
	b.shows("#plan", "AssignPrivateIpAddresses")
	b.shows("#tried", "done")
}

// pageWithoutScript: the page is whole where nothing runs; it fits a telephone; and
// the keyboard's first stop leads past what stands on every page.
func (b *browser) pageWithoutScript(origin string) {
	b.l.t.Helper()
	script := func(off bool) {
		if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
			b.l.t.Fatal(err)
		}
	}
	script(true)
	b.do(chromedp.EmulateViewport(360, 740), chromedp.Navigate(origin+"/"), chromedp.WaitVisible("#network svg"), chromedp.WaitNotVisible("#live"))
	text := b.text()
	for _, word := range []string{"Blocked", "policy.downtime", "another primary address", "10.0.0.30", "UTC"} {
		if !strings.Contains(text, word) {
			b.l.t.Errorf("without JavaScript the page lacks %q:\n%s", word, text)
		}
	}
	b.do(chromedp.Click(`#history a[href="/history/2"]`), chromedp.WaitVisible("#plan"))
	script(false)
	for _, path := range []string{"/", "/history", "/history/1", "/rules/policy.downtime"} {
		b.do(chromedp.Navigate(origin + path))
		b.is(path+" fits a telephone", "document.documentElement.scrollWidth <= 360")
		b.do(chromedp.KeyEvent(kb.Tab))
		b.is(path+" lets the keyboard skip", `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().top >= 0`)
	}
}
