//go:build linux

package host

import (
	"context"
	"slices"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// addresses brings the lists of addresses back. Their order is the kernel's by which
// it chooses sources and promotes: where it would not be the same, the addresses
// behind the first that differs are taken off and put on again, others' too.
func (b *back) addresses(ctx context.Context) error {
	for _, index := range b.onLinks() {
		for _, family := range bothFamilies {
			if err := b.list(ctx, index, family); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *back) list(ctx context.Context, index int, family uint8) error {
	of := func(all []object) []object { return listed(all, index, family) }
	before := of(b.now)
	b.remove(reversed(slices.DeleteFunc(slices.Clone(before), func(o object) bool { return !b.goes(o) })))
	found, err := b.m.objects(ctx, raw{typ: unix.RTM_GETADDR, link: index})
	if err != nil {
		return err
	}
	was := before // where the turn only added
	if slices.Contains(b.shot.Whole, index) {
		was = of(b.shot.Was)
	}
	remove, add := reorder(of(found), b.target(was, before))
	if len(remove) > 0 && b.carriesPrimary(ctx, index) {
		b.res.Failed = append(b.res.Failed, "the order of the addresses of "+b.n.byIndex[index]+": it carries the default route, which would go with them")
		return nil
	}
	b.remove(reversed(remove))
	b.create(add)
	return nil
}

// carriesPrimary reports whether main's default route leads over the link.
func (b *back) carriesPrimary(ctx context.Context, index int) bool {
	o, err := b.m.read(ctx, guest.Reading{})
	return err != nil || guest.Primary(guest.World(o)) == b.n.byIndex[index]
}

// target answers the list to be: what was there, as it is now where it still is;
// then what others have added since.
func (b *back) target(was, now []object) (out []object) {
	at := map[string]object{}
	for _, o := range now {
		if !b.goes(o) {
			at[o.place()] = o
		}
	}
	listed := map[string]bool{}
	for _, o := range was {
		same, there := at[o.place()]
		switch {
		case b.goes(o):
			continue
		case there:
			out = append(out, same)
		case !o.Kept:
			out = append(out, o)
		}
		listed[o.place()] = true
	}
	for _, o := range now {
		if !b.goes(o) && !listed[o.place()] && !(o.kernels() && b.isDown(o)) {
			out = append(out, o)
		}
	}
	return out
}

// reorder answers what is to be removed from one list, and then added at its end,
// for it to become another.
func reorder(now, target []object) (remove, add []object) {
	n := 0
	for n < len(now) && n < len(target) && now[n].form() == target[n].form() {
		n++
	}
	return now[n:], target[n:]
}

// listed answers the addresses of a link and family in the order in which adding
// them one by one gives it: the kernel puts a new IPv6 address first.
func listed(all []object, index int, family uint8) (out []object) {
	for _, o := range all {
		if o.Type == unix.RTM_NEWADDR && o.family() == family && o.links()[0] == index {
			out = append(out, o)
		}
	}
	if family == unix.AF_INET6 {
		slices.Reverse(out)
	}
	return out
}
