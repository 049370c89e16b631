package guest

import "enid/schema"

// The rules of the catalogue that concern a host.
const (
	RuleMatchMAC       = "host.match-mac"
	RuleKeepDefault    = "host.keep-default-route"
	RuleMetric         = "host.metric"
	RuleTable          = "host.table"
	RuleRule           = "host.rule"
	RuleVerify         = "host.verify"
	RuleClassic        = "host.classic-address"
	RuleAttached       = "host.attached"
	RulePersist        = "host.persist"
	RuleDHCP           = "host.dhcp.no-dns"
	RuleLease          = "host.dhcp.lease"
	RulePublic         = "public-ip.not-in-guest"
	RuleMaximum        = "mq.maximum"
	RuleEveryNIC       = "mq.every-nic"
	RuleImage          = "mq.image"
	RuleIRQBalance     = "mq.irqbalance"
	RuleRPS            = "mq.rps"
	RuleGain           = "mq.gain"
	RuleIRQRecommended = "mq.irqbalance.recommended"
	RuleRPSWhen        = "mq.rps.when"
	RuleXPS            = "mq.xps"
	RuleRFS            = "mq.rfs"
	RuleIRQAffinity    = "mq.irq-affinity"
	RuleForeignRule    = "host.foreign-rule"
	RuleForeignRoute   = "host.foreign-route"
	RuleSysctl         = "host.sysctl"
	RuleMatchDisk      = "host.match-disk"
	RuleGrowGuest      = "volume.grow-guest" // its text stands with the rules of volumes
	RuleIPv6           = "host.ipv6"
)

// rules are these rules as `enid rules` shows them, in the catalogue's order.
var rules = []schema.Rule{
	{ID: RulePublic, Class: schema.ClassHost, Cloud: "any", Source: "A 2.1",
		Text: "Public addresses are NATed: one is never configured on a local interface."},
	{ID: RuleMatchMAC, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4",
		Text: "An ENI's interface is found by MAC, never by name or order: by the NIC's permanent one where its driver has one."},
	{ID: RuleKeepDefault, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4",
		Text: "A secondary ENI never becomes or replaces the active default route (DEFROUTE=no): the primary's stays as it is, whatever fails. " +
			"The NIC that carries main's lowest-metric default route is the primary whatever the files say: an ENI that declares its MAC is blocked."},
	{ID: RuleMetric, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.5",
		Text: "Each secondary ENI has a default route in the main table through its gateway with its own metric: metricBase + deviceIndex - 1, from 1001 up, stable while others come and go.",
		Note: "Where the primary's own default route has that metric or a higher one (systemd-networkd gives 1024), the step is blocked by host.keep-default-route: raise metricBase."},
	{ID: RuleTable, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.6",
		Text: "Each secondary ENI has a routing table of its own with a default route; its number is the metric, unless declared otherwise. The table also holds the subnet's connected route. " +
			"A table that holds a route without enid's protocol is somebody else's: blocked, never flushed.",
		Note: "A route of others' that leads where enid's own would, in its place, serves and stays theirs; enid makes its own when it is gone."},
	{ID: RuleRule, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.7",
		Text: "For each address of a secondary ENI there is a rule `from ADDRESS lookup TABLE`; in balanced mode it is the last of three tiers.",
		Note: "A rule of others' that does the same, with a priority from enid's own up to the end of its tier (of the last: up to main's), serves and stays theirs; enid makes its own when it is gone. The first tiers are `from A to VPC-CIDR lookup TABLE` and `from A lookup main suppress_prefixlength 0`, one each for the whole subnet where the host has no other ENI there."},
	{ID: RuleVerify, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.4",
		Text: "The addresses on the interface equal the topology's; any further one is reported. Bringing an interface up is followed by a check that the default route is still the primary's. " +
			"A value that enid's own model chose is predicted in status and is never configured on a host."},
	{ID: RuleClassic, Class: schema.ClassHost, Cloud: "alibaba", Source: "A 2.2",
		Text: "On a classic instance the guest's addresses are never touched."},
	{ID: RulePersist, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.3",
		Text: "On request the same configuration is written for the distribution (ifcfg, networkd, netplan): persist in the Host has enid keep the files, enid host export prints them.",
		Note: "A file of enid's says so in its first line, for which Host; what does not is never overwritten or removed, and blocks the file. Files are read at the next boot: enid restarts nothing (networkctl reload, netplan apply and ifup do it at once). " +
			"What comes up by them is enid's own where the format has a word for its mark: routes and rules of ifcfg, addresses and routes of networkd. The rest (rules of networkd; all of netplan) is the distribution's: enid sees that it serves and leaves it, so that what later leaves the topology goes from the files at once and from the kernel with the next reload or boot. " +
			"ifcfg and netplan have no word for an address without a connected route: there it has the length /32. " +
			"Until the primary has its default route at boot, that of an ENI is the only one there is. The source has USERCTL=yes, which lets any user take the NIC down: enid writes USERCTL=no."},
	{ID: RuleMaximum, Class: schema.ClassHost, Cloud: "any", Source: "A 5",
		Text: "Queues are set per NIC, at most the driver's pre-set maximum (and the type's): asking for more is blocked, naming both numbers; nothing is clamped silently.",
		Note: "An XDP program in the driver makes a change of channels EINVAL: it is seen beforehand, and blocks with its id. Elsewhere (the other end of a veth, an AF_XDP socket, an RSS table that names a queue which would go) EINVAL is explained."},
	{ID: RuleEveryNIC, Class: schema.ClassHost, Cloud: "any", Source: "A 5",
		Text: "Every ENI of a host is set, the primary included."},
	{ID: RuleImage, Class: schema.ClassAdvice, Cloud: "alibaba", Source: "A 5",
		Text: "The source's sentence says that its listed images lack multi-queue, while its worked example uses one of them: what the driver reports decides.",
		Note: "The original of the source says that the listed images do support it: CentOS 6.8, 6.9 and 7.2 to 7.4, Ubuntu 14.04 and 16.04, Debian 8.9, SLES 12 SP1."},
	{ID: RuleIRQBalance, Class: schema.ClassHost, Cloud: "any", Source: "A 5",
		Text: "irqbalance is kept enabled where the topology says so.",
		Note: "Through systemd: enabled and started, or stopped and disabled. Where no systemd runs a running process is found, and what cannot be switched is blocked; enid starts and ends no process itself."},
	{ID: RuleRPS, Class: schema.ClassHost, Cloud: "any", Source: "A 5",
		Text: "RPS mask as the source computes it: q = CPUs / 8, at least 1 and at most 2; mask = f q times, trimmed to CPUs that exist; written to every rx-*/rps_cpus of every ENI. Other masks can be declared."},
	{ID: RuleAttached, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4",
		Text: "Only ENIs attached to this instance are configured; others are waited for."},
	{ID: RuleDHCP, Class: schema.ClassHost, Cloud: "any", Source: "A 4.4.3",
		Text: "DHCP on a secondary ENI takes neither DNS nor a default route.",
		Note: "enid's own client asks for no more than the subnet's mask and the times of the lease, and takes the address alone: gateway and routes follow from the topology. Where another client of the machine addresses the ENI, its default route there is blocked by this rule; which DNS servers it took is not seen."},
	{ID: RuleGain, Class: schema.ClassAdvice, Cloud: "any", Source: "A 5",
		Text: "Two queues instead of one gave 50 to 100 % more packets and bandwidth in the source's tests: said where a NIC's maximum exceeds what is in use."},
	{ID: RuleIRQRecommended, Class: schema.ClassAdvice, Cloud: "any", Source: "A 5",
		Text: "irqbalance is recommended with several queues."},
	{ID: RuleRPSWhen, Class: schema.ClassAdvice, Cloud: "any", Source: "A 5",
		Text: "RPS is for when multi-queue alone does not bring the gain."},
	{ID: RuleLease, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "With addressing: dhcp an ENI's primary private address is configured as long as a DHCP server leases it, with the lease's lifetime in the kernel: it goes by itself if nobody renews it. Secondary addresses and prefixes are configured as without DHCP. Until a server has answered nothing that needs the address is configured.",
		Note: "The daemon renews and rebinds; `enid host apply` asks once. A lease is released when the ENI is taken away, and left to run out where the address stays, is declared static instead, or enid ends. An address that another client has put on the interface serves, and enid asks for none then. IPv4 only: no DHCPv6."},
	{ID: RuleXPS, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "XPS on request: the online CPUs are spread over the send queues, each CPU to one queue, as the kernel's documentation (networking/scaling) recommends.",
		Note: "Some drivers set XPS by themselves when channels change; the masks are compared as the kernel keeps them."},
	{ID: RuleRFS, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "RFS on request: net.core.rps_sock_flow_entries, and of each receive queue rps_flow_cnt, the entries divided by the queues; the kernel rounds both up to a power of two (networking/scaling).",
		Note: "The table of flows is the whole machine's, and the initial network namespace alone shows it: elsewhere the step is blocked. Flows that RFS does not know yet are steered by plain RPS."},
	{ID: RuleIRQAffinity, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "The affinity of an IRQ is whoever's set it: enid never chooses one. A driver resets those of a NIC when its channels change: what was set by hand before is put back where the IRQ is still there.",
		Note: "By hand is what differs from the driver's hint, or without one from the kernel's default. While irqbalance runs nothing is put back: it looks at every IRQ again by itself. A crash between the change and the putting back loses it."},
	{ID: RuleForeignRule, Class: schema.ClassAdvice, Cloud: "any", Source: "enid",
		Text: "A foreign rule that looks one of enid's tables up or shares a priority with its rules, or a program that removes other programs' rules, is named; nothing is done about it."},
	{ID: RuleForeignRoute, Class: schema.ClassAdvice, Cloud: "any", Source: "enid",
		Text: "Where the kernel removes foreign routes together with a link's last address, the plan names them."},
	{ID: RuleSysctl, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "arp_ignore, arp_announce and rp_filter of the interfaces of a host's ENIs, the primary's included, are what its spec.sysctls declares; what is not declared stays as it is.",
		Note: "net.ipv4.conf.all and default are never written. The kernel goes by the larger of all's value and the interface's: where all's is larger than what is declared, it is blocked."},
	{ID: RuleMatchDisk, Class: schema.ClassHost, Cloud: "aws", Source: "enid",
		Text: "A volume's disk is found by its serial, which is the volume's id; where the driver shows none, by the device that the guest was seen to call it, its mount point or its declared name, which must agree. " +
			"A disk that is not there yet, or does not have the volume's size yet, is waited for; one that shows another volume's serial is never touched."},
	{ID: RuleIPv6, Class: schema.ClassHost, Cloud: "any", Source: "enid",
		Text: "An ENI's IPv6 addresses and prefixes have the same table number, rules and default routes beside the IPv4 ones. An address that another machine has (duplicate address detection), " +
			"an interface on which IPv6 is off, and a subnet of which no IPv6 gateway is known are blocked.",
		Note: "In main the metric is the declared one plus 1024, behind the 1024 of a default route from a router advertisement, and the route is there only while the primary has an IPv6 default route. " +
			"The gateway is the subnet's ipv6Gateway, else the router that advertises itself on the ENI's interface, else the cloud's (AWS fe80:ec2::1). " +
			"Router advertisements and disable_ipv6 are left as they are."},
}

// Rules answers the metadata of the host's rules, in the catalogue's order.
func Rules() []schema.Rule { return append([]schema.Rule(nil), rules...) }
