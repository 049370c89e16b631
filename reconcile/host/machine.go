//go:build linux

package host

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Options are what a Machine is given. The zero value is fit for use.
type Options struct {
	// Sys and Proc are where sysfs and procfs are mounted; /sys and /proc by default.
	Sys, Proc string
	// Run is where programs keep what is of this boot; /run by default.
	Run string
	// Root is where other programs' settings are looked for, and below which the files
	// for the boot are; / by default.
	Root string
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// Patience is how long a turn waits for the detection of duplicates of IPv6
	// addresses and for answers of DHCP servers before it concludes: about 2 s are
	// needed for the one. 0: not at all; the turn is Converging or Waiting, and a hint
	// says when there is more.
	Patience time.Duration
	// Log receives what is done; nothing by default.
	Log *slog.Logger

	pace  pace // of DHCP clients; usual by default
	label bool // mark addresses by label, as on a kernel before 5.18
	limit int  // tests: stop after that many steps, as a crash would; 0: never
}

// Machine is the Linux machine, or network namespace, that the process runs in.
// Its methods may be called from several goroutines; turns run one after another.
type Machine struct {
	opts Options
	conn *conn
	tool channelSocket

	turn  sync.Mutex // one at a time
	holds holds

	leases *leases

	mu       sync.Mutex
	interest interest          // of the last turn
	tables   map[bool][]uint32 // by family: where enid was seen to work; nil: not looked yet
}

// Open opens the handles, in the network namespace of the calling thread. It
// changes nothing. Close frees them.
func Open(opts Options) (*Machine, error) {
	fill(&opts.Sys, "/sys")
	fill(&opts.Proc, "/proc")
	fill(&opts.Run, "/run")
	fill(&opts.Root, "/")
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.pace.tries == nil {
		opts.pace = usual
	}
	c, err := dial()
	if err != nil {
		return nil, err
	}
	tool, err := openChannels()
	if err != nil {
		c.close()
		return nil, err
	}
	m := &Machine{opts: opts, conn: c, tool: tool, holds: holds{}, leases: newLeases(), tables: map[bool][]uint32{}}
	m.opts.label = m.opts.label || !addressProtocols()
	return m, nil
}

// Close frees the handles, and asks no DHCP server any more: what is leased stays
// leased. Subscriptions end with their contexts.
func (m *Machine) Close() error {
	m.leases.close()
	m.tool.close()
	m.conn.close()
	return nil
}

func fill(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// addressProtocols reports whether this kernel keeps an address's protocol:
// Linux 5.18 and later.
func addressProtocols() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var major, minor int
	fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return major > 5 || major == 5 && minor >= 18
}

// interest is what events are judged by: whether they concern the last turn's host.
type interest struct {
	known   bool
	macs    map[string]bool
	tables  map[uint32]bool
	links   map[int]bool
	ipv6    bool // it has IPv6 addresses, or is to have
	volumes bool // some are declared
}

func (m *Machine) note(r guest.Reading, links []guest.Link, primary string) {
	in := interest{known: true, ipv6: r.IPv6, macs: map[string]bool{}, tables: map[uint32]bool{}, links: map[int]bool{}}
	in.volumes = len(r.Volumes) > 0
	for _, mac := range r.MACs {
		in.macs[mac] = true
	}
	for _, t := range r.Tables {
		in.tables[t] = true
	}
	for _, l := range links {
		if in.macs[l.MAC] || in.macs[l.PermMAC] || l.Name == primary {
			in.links[l.Index] = true
		}
	}
	m.mu.Lock()
	m.interest = in
	m.mu.Unlock()
}

func (m *Machine) interests() interest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.interest
}
