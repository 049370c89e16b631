package render

import (
	"slices"

	"enid/plan"
	"enid/plan/query"
)

// effects answers the sections of what the change does beyond its steps.
func (r *Report) effects() (all []section) {
	if r.Impact == nil {
		return nil
	}
	for _, e := range []struct {
		name string
		list list
	}{
		{"reachability", reachList(r.Impact)}, {"addresses", subnetList(r.Impact.Subnets)},
		{"quotas", quotaList(r.Impact.Quotas)}, {"queues", queueList(r.Impact.Queues)},
	} {
		if e.list.n > 0 {
			all = append(all, section{e.name, 1, e.list.fit})
		}
	}
	return all
}

func (r *Report) effectsTitle() string {
	if r.supposes() {
		return "\n#### Effects\n\n" + supposition + "\n"
	}
	return "\n#### Effects\n"
}

func reachList(i *query.Impact) list {
	l := list{
		open: "\n**Who reaches whom**\n\n",
		n:    len(i.Reach), fold: maxOpen,
		item: func(n int, _ bool) string {
			c := i.Reach[n]
			text := "- " + way(c) + ":"
			if len(c.Opens) > 0 {
				text += " **opens** " + code(services(c.Opens))
			}
			if len(c.Closes) > 0 {
				text += " **closes** " + code(services(c.Closes))
			}
			if len(c.By) > 0 {
				text += ", by " + names(c.By, markdown)
			}
			return text + ": " + prose(c.Reason) + " (" + code(c.Rule) + ")\n"
		},
		left: func(n int) string { return plan.Count(len(i.Reach)-n, "more change") + " of reachability" },
	}
	if i.Omitted > 0 {
		l.end = "\n" + plan.Count(i.Omitted, "pair") + " of instances were not compared: there are too many.\n"
	}
	return l
}

// ends answers one end of a change of reachability: of the internet the part that is
// meant, of instances a few.
func ends(c query.ReachChange, all []string) string {
	if text, ok := internetText(c, all); ok {
		return code(text)
	}
	return names(all, markdown)
}

// way answers from where to where: of instances that all reach each other, that.
func way(c query.ReachChange) string {
	if len(c.From) > 1 && slices.Equal(c.From, c.To) {
		return "between " + names(c.From, markdown)
	}
	return ends(c, c.From) + " → " + ends(c, c.To)
}

// rowList is a list whose items are rows of a table.
func rowList(title string, n int, head string, row func(int) string, left string) list {
	return list{
		open: "\n**" + title + "**\n\n" + head, n: n,
		item: func(i int, _ bool) string { return row(i) },
		left: func(i int) string { return plan.Count(n-i, "more "+left) },
	}
}

func subnetList(all []query.SubnetChange) list {
	return rowList("Addresses", len(all), "| subnet | before | after |\n|:--|:--|:--|\n", func(i int) string {
		s := all[i]
		return "| " + code(s.Subnet+" "+s.CIDR) + " | " + useText(s.Before, s.UnplacedBefore, s.IPv6Before) + " | " + useText(s.After, s.UnplacedAfter, s.IPv6After) + " |\n"
	}, "subnet")
}

func quotaList(all []query.QuotaChange) list {
	return rowList("Quotas", len(all), "| of | before | after |\n|:--|--:|--:|\n", func(i int) string {
		q := all[i]
		return "| " + prose(q.Of) + " | " + ofLimit(q.Before, q.LimitBefore) + " | " + ofLimit(q.After, q.Limit) + " |\n"
	}, "quota")
}

func queueList(changes []query.QueueChange) list {
	all := settings(changes)
	return rowList("Queues", len(all), "| interface | before | after |\n|:--|:--|:--|\n", func(i int) string {
		q := all[i]
		after := code(q.After)
		if q.Detail != "" {
			after += " " + prose(q.Detail)
		}
		return "| " + code(q.Host+" "+queueOf(q)) + " | " + code(q.Before) + " | " + after + " |\n"
	}, "interface")
}
