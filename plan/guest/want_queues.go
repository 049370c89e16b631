package guest

import (
	"fmt"
	"regexp"

	"enid/schema"
)

// primary wants the queues (mq.every-nic) and the declared switches of the primary
// ENI, of which enid touches nothing else.
func (w *wanting) primary() {
	link := w.Primary
	if found := ByMAC(w.links, w.h.PrimaryMAC); len(found) == 1 {
		link = found[0].Name
	}
	if link != "" {
		of := schema.Ref{Kind: schema.KindInstance, Name: w.h.Instance}
		g := w.h.Spec.Steering(schema.ENIGuest{})
		w.queues(of, link, g)
		w.sysctls(of, link)
		if !g.Queues.Unmanaged && listed.MatchString(w.h.Image) {
			w.image(of, link)
		}
	}
}

// listed are the images of which the source's text and its example say opposite
// things. Document A 5.
var listed = regexp.MustCompile(`(?i)^(centos-(6\.[89]|7\.[234])|ubuntu-1[46]\.04|debian-8\.9|sles-12[-.]?(sp)?1)(-(32|64))?$`)

// image says whose word counts on how many queues there can be.
func (w *wanting) image(of schema.Ref, link string) {
	says := "the driver of " + link + " lets none be set"
	if c, ok := w.observed.Get(Channels{Link: link}.Ref()).(Channels); ok {
		says = fmt.Sprintf("the driver of %s has %d at most", link, max(c.MaxCombined, c.MaxRX))
	}
	w.advise(of, RuleImage, fmt.Sprintf("the source's text says that %s lacks several queues, and its example uses CentOS 7.2: what the driver reports decides, and %s", w.h.Image, says))
}

// queues wants the channels of an interface, and what steers packets to and from
// them. A driver that has no channels to set is no failure unless a number is asked
// for.
func (w *wanting) queues(of schema.Ref, link string, g schema.ENIGuest) {
	q := g.Queues
	have, some := w.observed.Get(Channels{Link: link}.Ref()).(Channels)
	want := have
	switch {
	case q.Unmanaged:
		if most := max(have.MaxCombined, have.MaxRX); some && most > have.Receive() {
			w.advise(of, RuleGain, fmt.Sprintf("%s uses %d of %d queues; two instead of one gave 50 to 100 %% more packets in the source's tests",
				link, have.Receive(), most))
		}
	case some && q.Auto:
		if cpus := w.machine.OnlineCPUs; cpus > 0 {
			want = have.set(cpus, true)
		}
	case w.h.TypeQueues > 0 && q.Count > w.h.TypeQueues:
		w.block(of, "SetChannels", link, RuleMaximum, fmt.Sprintf("%d queues are asked for; an ENI of type %s has at most %d", q.Count, w.h.Type, w.h.TypeQueues),
			"ask for fewer, or change the instance's type")
	case some:
		want = have.set(q.Count, false)
	case q.Count > 1:
		w.block(of, "SetChannels", link, RuleMaximum, fmt.Sprintf("%d queues are asked for; the driver of %s has 1 and lets none be set", q.Count, link),
			"set queues: auto or unmanaged")
	}
	if some && !q.Unmanaged {
		w.World.Put(want.Ref(), want)
	}
	if l, _ := w.observed.Get(LinkRef(link)).(Link); have.stays(l, want) {
		want = have // for the masks: those channels are a blocked step
	}
	w.rps(of, link, want, some, g.RPS)
	w.xps(of, link, want, some, g.XPS)
	w.queueFlows(of, link, want, some, g.RPS)
	if some && want.Receive() > 1 && w.h.Spec.IRQBalance != "disabled" && !w.balanced() {
		w.advise(of, RuleIRQRecommended, fmt.Sprintf("%s has %d queues: irqbalance is recommended", link, want.Receive()))
	}
}

// set answers the channels with n queues: combined ones where the driver has
// them, otherwise as many to receive as to send; most caps n at the maximum.
func (c Channels) set(n int, most bool) Channels {
	limit := func(m int) int {
		if most {
			return min(n, m)
		}
		return n
	}
	if c.MaxCombined > 0 {
		c.Combined = limit(c.MaxCombined)
		return c
	}
	c.RX, c.TX = limit(c.MaxRX), limit(c.MaxTX)
	return c
}

// over reports whether there are more channels than there can be.
func (c Channels) over() bool {
	return c.Combined > c.MaxCombined || c.RX > c.MaxRX || c.TX > c.MaxTX
}
