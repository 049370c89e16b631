package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

const mac1, mac2 = "00:16:3e:12:e7:27", "00:16:3e:12:16:ec"

// scene is a machine: eth0 the primary, eth1 and eth2 the NICs of two ENIs.
type scene struct {
	files     map[string]string
	processes []string // by their command lines
	sysctls   map[string]int
	objects   func(*guest.Objects)
	host      func(*schema.HostSpec)
	addresses []string // of eth1's ENI, besides its first
	subnet    string   // of eth2's ENI; "": db
	noHost    bool
	seen      func(*Seen)
}

func (sc scene) build(t *testing.T) *Seen {
	t.Helper()
	o := guest.Objects{Machine: guest.Machine{OnlineCPUs: 2}}
	for i, mac := range []string{"00:16:3e:0e:16:21", mac1, mac2} {
		o.Links = append(o.Links, guest.Link{Name: fmt.Sprintf("eth%d", i), Index: i + 2, MAC: mac, PermMAC: mac, Up: true})
	}
	o.Addresses = []guest.Address{{Link: "eth0", Prefix: netip.MustParsePrefix("10.0.0.19/24")}}
	o.Routes = []guest.Route{{Table: guest.TableMain, Dst: netip.MustParsePrefix("0.0.0.0/0"), Type: guest.Unicast, Protocol: 3, Gateway: netip.MustParseAddr("10.0.0.253"), Link: "eth0", Metric: 100}}
	if sc.objects != nil {
		sc.objects(&o)
	}
	s := &Seen{World: guest.World(o), Sysctls: sc.sysctls, NetAdmin: true, NetRaw: true}
	if !sc.noHost {
		h, err := guest.Declared(sc.cloud(), "web-1")
		if err != nil {
			t.Fatal(err)
		}
		s.Wanted = h.Want(s.World)
	}
	s.Files = []File{{Path: "/usr/sbin/ethtool"}}
	for path, text := range sc.files {
		s.Files = append(s.Files, File{path, text})
	}
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i, line := range sc.processes {
		args := strings.Fields(line)
		name := strings.TrimSuffix(args[0][strings.LastIndex(args[0], "/")+1:], ":")
		s.Processes = append(s.Processes, Process{PID: 100 + i, Name: name[:min(15, len(name))], Args: args})
	}
	if sc.seen != nil {
		sc.seen(s)
	}
	return s
}

func (sc scene) cloud() *plan.World {
	w := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, 16)
	put := func(kind schema.Kind, name string, spec schema.Spec, status schema.Status) {
		w.Put(schema.Ref{Kind: kind, Name: name}, &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Status: status})
	}
	put(schema.KindAccount, "main", &schema.AccountSpec{Provider: schema.Alibaba}, nil)
	put(schema.KindVPC, "prod", &schema.VPCSpec{Account: "main", Region: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/16")}, nil)
	for i, name := range []string{"web", "app", "db"} {
		put(schema.KindSubnet, name, &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a", CIDR: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", i))}, nil)
	}
	put(schema.KindInstance, "web-1", &schema.InstanceSpec{Subnet: "web"}, &schema.InstanceStatus{MAC: "00:16:3e:0e:16:21"})
	host := &schema.HostSpec{Instance: "web-1", Queues: schema.Queues{Unmanaged: true}}
	if sc.host != nil {
		sc.host(host)
	}
	put(schema.KindHost, "web-1", host, nil)
	eni := func(name, mac, subnet string, index int, addrs ...string) {
		st := &schema.ENIStatus{Phase: schema.PhaseInUse, MAC: mac, DeviceIndex: index, Instance: "web-1", PrivateIP: netip.MustParseAddr(addrs[0])}
		for _, a := range addrs[1:] {
			st.SecondaryIPs = append(st.SecondaryIPs, netip.MustParseAddr(a))
		}
		put(schema.KindENI, name, &schema.ENISpec{Subnet: subnet}, st)
	}
	eni("web-1-b", mac1, "app", 1, append([]string{"10.0.1.20"}, sc.addresses...)...)
	if sc.subnet == "" {
		sc.subnet = "db"
	}
	eni("web-1-c", mac2, sc.subnet, 2, "10.0.2.21")
	return w
}

// told answers the findings in short.
func told(findings []Finding) (out []string) {
	for _, f := range findings {
		out = append(out, strings.TrimRight(fmt.Sprintf("%s %s %s %s", f.Check, f.Severity, f.Program, f.Interface), " "))
	}
	return out
}

const networkd = "/lib/systemd/systemd-networkd"

// ill are machines on which something is found; say is what evidence and remedy
// have to say, each a part of one line.
var ill = []struct {
	name string
	scene
	want []string
	say  []string
}{
	{"networkd as installed", scene{processes: []string{networkd}}, []string{"networkd.foreign error systemd-networkd"},
		[]string{"process /lib/systemd/systemd-networkd, pid 100", "ManageForeignRoutingPolicyRules=no", "/etc/systemd/networkd.conf.d/90-enid.conf:"}},
	{"networkd, rules only", scene{processes: []string{networkd}, files: map[string]string{
		"/etc/systemd/networkd.conf": "# [Network]\n[Network]\n#ManageForeignRoutes=yes\nManageForeignRoutes=no\n"}},
		[]string{"networkd.foreign error systemd-networkd"}, []string{"/etc/systemd/networkd.conf:4: ManageForeignRoutes=no", "removes other programs' rules, "}},
	{"networkd, a later drop-in wins", scene{processes: []string{networkd}, files: map[string]string{
		"/usr/lib/systemd/networkd.conf.d/50-x.conf": "[Network]\nManageForeignRoutes=yes\n",
		"/etc/systemd/networkd.conf.d/10-x.conf":     "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n"}},
		[]string{"networkd.foreign error systemd-networkd"}, []string{"removes other programs' routes, "}},
	{"networkd has run", scene{files: map[string]string{"/run/systemd/netif/state": "OPER_STATE=routable\n"}},
		[]string{"networkd.foreign warning systemd-networkd"}, []string{"it has run since boot"}},
	{"networkd configures eth1", scene{processes: []string{networkd}, files: map[string]string{
		"/etc/systemd/networkd.conf":   "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n",
		"/run/systemd/netif/links/3":   "ADMIN_STATE=configured\nNETWORK_FILE=/usr/lib/systemd/network/80-ec2.network\n",
		"/run/systemd/netif/links/4":   "ADMIN_STATE=unmanaged\n",
		"/run/systemd/netif/links/2":   "ADMIN_STATE=configured\nNETWORK_FILE=/usr/lib/systemd/network/80-ec2.network\n",
		"/run/systemd/netif/links/bad": "\x00"}},
		[]string{"networkd.manages error systemd-networkd eth1"}, []string{"MACAddress=" + mac1, "Unmanaged=yes", "/run/systemd/netif/links/3:2:"}},
	{"NetworkManager manages eth1", scene{processes: []string{"/usr/sbin/NetworkManager --no-daemon"}, files: map[string]string{
		"/run/NetworkManager/devices/3": "[device]\nmanaged=true\n", "/run/NetworkManager/devices/4": "[device]\nmanaged=false\n"}},
		[]string{"networkmanager.manages error NetworkManager eth1"}, []string{"unmanaged-devices+=mac:" + mac1}},
	{"NetworkManager may manage", scene{processes: []string{"/usr/sbin/NetworkManager"}, files: map[string]string{
		"/etc/NetworkManager/conf.d/10.conf":     "[keyfile]\nunmanaged-devices=interface-name:veth*;mac:" + strings.ToUpper(mac2) + "\n",
		"/usr/lib/NetworkManager/conf.d/10.conf": "[keyfile]\nunmanaged-devices=*\n"}},
		[]string{"networkmanager.manages warning NetworkManager eth1"}, nil},
	{"cloud-init with hot-plug", scene{files: map[string]string{
		"/etc/cloud/cloud.cfg.d/10.cfg": "# when: [hotplug]\nupdates:\n  network:\n    when: ['boot', 'hotplug']\n", "/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules": "ACTION==\"add\"\n"}},
		[]string{"cloud-init.hotplug warning cloud-init"}, []string{"/etc/cloud/cloud.cfg.d/10.cfg:4: when: ['boot', 'hotplug']", "rm /etc/udev/rules.d/90-cloud-init-hook-hotplug.rules", "/etc/cloud/cloud.cfg.d/99-enid.cfg:"}},
	{"cloud-init, list in lines", scene{files: map[string]string{"/etc/cloud/cloud.cfg": "when:\n- boot\n- hotplug\n- install_hotplug\n"}},
		[]string{"cloud-init.hotplug warning cloud-init"}, []string{"/etc/cloud/cloud.cfg:3: - hotplug"}},
	{"ec2-net-utils", scene{files: map[string]string{"/usr/lib/udev/rules.d/99-vpc-policy-routes.rules": "SUBSYSTEM==\"net\"\n", "/run/systemd/network/70-eth1.network": "[Match]\n"}},
		[]string{"ec2-net-utils error amazon-ec2-net-utils"}, []string{"ln -sf /dev/null /etc/udev/rules.d/99-vpc-policy-routes.rules", "policy-routes@eth2.service", "rm /run/systemd/network/70-eth1.network"}},
	{"ec2-net-utils of Amazon Linux 2", scene{files: map[string]string{"/etc/udev/rules.d/53-ec2-network-interfaces.rules": "x\n"}},
		[]string{"ec2-net-utils error amazon-ec2-net-utils"}, nil},
	{"google agent", scene{processes: []string{"/usr/bin/google_guest_agent"}, files: map[string]string{"/etc/default/instance_configs.cfg": "[NetworkInterfaces]\nsetup = true\n"}},
		[]string{"guest-agent.google warning google-guest-agent"}, []string{"setup = false"}},
	{"multi-nic-util", scene{files: map[string]string{"/etc/systemd/system/eni.service": "[Unit]\n"}},
		[]string{"guest-agent.alibaba warning multi-nic-util"}, []string{"systemctl disable --now eni.service"}},
	{"dhclient", scene{processes: []string{"/sbin/dhclient -4 -pf /run/dhclient.eth1.pid eth1", "dhclient eth0"}, files: map[string]string{
		"/var/lib/dhcp/dhclient.eth1.leases": "lease {\n  interface \"eth1\";\n}\nlease {\n  interface \"eth1\";\n}\n"}},
		[]string{"dhcp.client warning dhclient eth1"}, []string{"dhclient -x eth1", "/var/lib/dhcp/dhclient.eth1.leases:2:"}},
	{"dhcpcd of everything", scene{processes: []string{"dhcpcd: [master]"}, files: map[string]string{"/etc/dhcpcd.conf": "hostname\ndenyinterfaces eth2 wlan0\n"}},
		[]string{"dhcp.client warning dhcpcd eth1"}, []string{"denyinterfaces eth1"}},
	{"ifupdown", scene{files: map[string]string{"/etc/network/interfaces.d/eth": "auto eth0\niface eth0 inet dhcp\niface eth1 inet dhcp\niface eth2 inet manual\n"}},
		[]string{"ifupdown warning ifupdown eth1"}, []string{"/etc/network/interfaces.d/eth:3: iface eth1 inet dhcp"}},
	{"ifcfg", scene{files: map[string]string{"/etc/sysconfig/network-scripts/ifcfg-eth1": "BOOTPROTO=\"dhcp\"\n", "/etc/sysconfig/network-scripts/ifcfg-eth2": "BOOTPROTO=dhcp\nDEFROUTE=no\n"}},
		[]string{"ifcfg.default-route warning initscripts eth1"}, []string{"DEFROUTE=no"}},
	{"wicked", scene{processes: []string{"/usr/sbin/wickedd"}, files: map[string]string{"/etc/sysconfig/network/ifcfg-eth1": "BOOTPROTO='dhcp'\n"}},
		[]string{"wicked warning wicked eth1"}, nil},
	{"aws-vpc-cni", scene{files: map[string]string{"/etc/cni/net.d/10-aws.conflist": "{\"plugins\": [\n{\"type\": \"aws-cni\"}]}"}},
		[]string{"cni.plugin warning amazon-vpc-cni"}, []string{"node.k8s.amazonaws.com/no_manage=true"}},
	{"terway's tables", scene{processes: []string{"/usr/bin/terwayd"}, objects: func(o *guest.Objects) { o.Links[2].Index = 2 }, host: func(h *schema.HostSpec) { h.Routing.TableBase = 1002 }},
		[]string{"cni.terway-tables error terway eth0", "cni.terway-tables error terway eth2", "cni.terway-tables error terway eth1", "cni.plugin info terway"}, []string{"tableBase: 5001"}},
	{"cilium", scene{processes: []string{"cilium-agent"}}, []string{"cni.plugin info cilium"}, nil},
	{"shared numbers", scene{objects: func(o *guest.Objects) {
		o.Routes = append(o.Routes, guest.Route{Table: 1001, Dst: netip.MustParsePrefix("192.0.2.0/24"), Type: guest.Unicast, Protocol: 4, Link: "eth0"})
		for i := range 7 {
			o.Rules = append(o.Rules, guest.Rule{Priority: uint32(9990 + i), Table: 77, Action: guest.ActionTable, Suppress: -1})
		}
		o.Rules = append(o.Rules, guest.Rule{Priority: 100, Table: 88, Action: guest.ActionTable, Suppress: -1}, guest.Rule{Priority: 7000, Table: 1001, Action: guest.ActionTable, Suppress: -1, Protocol: guest.Protocol})
	}}, []string{"numbers.shared error", "numbers.shared warning"}, []string{"192.0.2.0/24", "and 2 more"}},
	{"strict rp_filter", scene{sysctls: map[string]int{"ipv4/conf/all/rp_filter": 1, "ipv4/conf/eth0/rp_filter": 2, "ipv4/conf/eth1/rp_filter": 0, "ipv4/conf/eth2/rp_filter": 2}},
		[]string{"rp_filter.strict warning  eth1"}, []string{"spec.sysctls: {rpFilter: 2}", "net.ipv4.conf.eth1.rp_filter=0, all.rp_filter=1"}},
	{"ARP flux", scene{subnet: "app", sysctls: arp(0, 0)}, []string{"arp.flux warning"},
		[]string{"eth1 and eth2 are both in 10.0.1.0/24", "spec.sysctls: {arpIgnore: 1, arpAnnounce: 2}"}},
	{"ARP flux without a Host", scene{noHost: true, sysctls: arp(0, 2), objects: func(o *guest.Objects) {
		o.Addresses = append(o.Addresses, guest.Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24")})
	}}, []string{"arp.flux warning"}, []string{"eth0 and eth1 are both in 10.0.0.0/24", "{arpIgnore: 1}"}},
	{"IPv6 off", scene{addresses: []string{"2001:db8::20"}, sysctls: map[string]int{"ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/eth1/disable_ipv6": 1}},
		[]string{"ipv6.off error  eth1"}, []string{"sysctl -w net.ipv6.conf.eth1.disable_ipv6=0"}},
	{"no IPv6 in the kernel", scene{addresses: []string{"2001:db8::20"}}, []string{"ipv6.off error  eth1"}, []string{"ipv6.disable=1"}},
	{"router advertisements", scene{addresses: []string{"2001:db8::20"}, sysctls: map[string]int{"ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/eth1/accept_ra": 1, "ipv6/conf/eth1/accept_ra_defrtr": 1}},
		[]string{"ipv6.router-advertisements warning  eth1"}, nil},
	{"promote_secondaries", scene{addresses: []string{"10.0.1.21"}, sysctls: map[string]int{"ipv4/conf/all/promote_secondaries": 0, "ipv4/conf/eth1/promote_secondaries": 0}},
		[]string{"promote_secondaries.off info  eth1"}, nil},
	{"no capability", scene{seen: func(s *Seen) { s.NetAdmin, s.NetRaw = false, false }, host: func(h *schema.HostSpec) { h.Addressing = "dhcp" }},
		[]string{"enid.capabilities error", "enid.capabilities error"}, []string{"AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW"}},
	{"read-only", scene{seen: func(s *Seen) {
		s.Denied = []Denial{{"/proc/sys/net/ipv4/conf/eth1/rp_filter", "read-only file system"}}
	}}, []string{"enid.read-only error"}, []string{"rp_filter: read-only file system"}},
	{"no sysfs", scene{seen: func(s *Seen) { s.NoSys = true }}, []string{"enid.no-sysfs warning"}, nil},
	{"one MAC twice", scene{objects: func(o *guest.Objects) { o.Links[2].PermMAC = mac1 }}, []string{"nic.same-mac error"}, []string{"eth2 has the MAC"}},
	{"no default route", scene{objects: func(o *guest.Objects) { o.Routes = nil }}, []string{"primary.no-default-route warning"}, nil},
	{"the primary's metric", scene{objects: func(o *guest.Objects) { o.Routes[0].Metric = 1024 }}, []string{"primary.metric error  eth0"}, []string{"metricBase: 1025"}},
	{"no irqbalance", scene{objects: func(o *guest.Objects) {
		o.Channels = append(o.Channels, guest.Channels{Link: "eth1", Combined: 2, MaxCombined: 2})
	}}, []string{"irqbalance.absent info irqbalance"}, nil},
	{"no ethtool", scene{seen: func(s *Seen) { s.Files = nil }}, []string{"ethtool.absent info ethtool"}, nil},
}

func arp(ignore, announce int) map[string]int {
	out := map[string]int{}
	for _, link := range []string{"all", "eth0", "eth1", "eth2"} {
		out["ipv4/conf/"+link+"/arp_ignore"], out["ipv4/conf/"+link+"/arp_announce"] = ignore, announce
	}
	return out
}

func TestFindings(t *testing.T) {
	found := map[string]bool{}
	for _, x := range ill {
		t.Run(x.name, func(t *testing.T) {
			findings := Examine(x.build(t))
			if diff := cmp.Diff(x.want, told(findings)); diff != "" {
				t.Fatal(diff)
			}
			said := ""
			for _, f := range findings {
				found[f.Check] = true
				if len(f.Seen) == 0 || f.Why == "" || len(f.Remedy) == 0 {
					t.Errorf("%s says nothing: %+v", f.Check, f)
				}
				said += strings.Join(f.Seen, "\n") + "\n" + f.Why + "\n" + strings.Join(f.Remedy, "\n") + "\n"
			}
			for _, part := range x.say {
				if !strings.Contains(said, part) {
					t.Errorf("%q is not said in\n%s", part, said)
				}
			}
		})
	}
	for _, c := range Checks() {
		if !found[c.Name] {
			t.Errorf("no machine here is found ill by %s", c.Name)
		}
	}
}

// On a machine that is well, and on those that follow the remedies, nothing is said.
func TestNothingFound(t *testing.T) {
	for name, sc := range map[string]scene{
		"bare":      {},
		"no Host":   {noHost: true},
		"no sysctl": {sysctls: nil, noHost: true},
		"networkd with the drop-in": {processes: []string{networkd}, files: map[string]string{
			"/etc/systemd/networkd.conf.d/90-enid.conf":     "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n",
			"/usr/lib/systemd/networkd.conf.d/90-enid.conf": "[Network]\nManageForeignRoutes=yes\n",
			"/run/systemd/netif/links/3":                    "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-enid-eth1.network\n"}},
		"NetworkManager told": {processes: []string{"/usr/sbin/NetworkManager"}, files: map[string]string{
			"/etc/NetworkManager/conf.d/10-x.conf": "[keyfile]\nunmanaged-devices=mac:" + mac1 + "\n", "/etc/NetworkManager/conf.d/90-enid.conf": "[keyfile]\nunmanaged-devices+=interface-name:=eth2\n"}},
		"cloud-init told": {files: map[string]string{"/etc/cloud/cloud.cfg.d/10.cfg": "when: [hotplug]\n", "/etc/cloud/cloud.cfg.d/99-enid.cfg": "when: [boot-new-instance]\n"}},
		"ec2-net-utils masked": {files: map[string]string{"/usr/lib/udev/rules.d/99-vpc-policy-routes.rules": "x\n", "/etc/udev/rules.d/99-vpc-policy-routes.rules": "",
			"/run/systemd/network/70-eth1.network": "[Match]\n"}},
		"google agent told": {processes: []string{"google_guest_agent"}, files: map[string]string{"/etc/default/instance_configs.cfg": "[NetworkInterfaces]\nsetup = false\n"}},
		"dhclient of eth0":  {processes: []string{"dhclient eth0", "dhcpcd -b eth0"}},
		"docker":            {processes: []string{"dockerd"}, files: map[string]string{"/etc/cni/net.d/87-bridge.conflist": "{\"type\": \"bridge\"}"}},
		"declared": {subnet: "app", host: func(h *schema.HostSpec) {
			h.Sysctls = schema.Sysctls{RPFilter: new(1), ARPIgnore: new(1), ARPAnnounce: new(2)}
		}, sysctls: func() map[string]int {
			m := arp(0, 0)
			m["ipv4/conf/all/rp_filter"], m["ipv4/conf/eth1/rp_filter"] = 1, 1
			return m
		}()},
		"one NIC a subnet": {sysctls: arp(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Examine(sc.build(t)); len(got) > 0 {
				t.Errorf("%v\n%+v", told(got), got)
			}
		})
	}
}

// Suspects are those that remove such an object, each once.
func TestSuspects(t *testing.T) {
	sc := scene{processes: []string{networkd, "dhclient eth1", "dhclient eth2"}}
	findings := Examine(sc.build(t))
	for kind, want := range map[schema.Kind][]string{
		guest.KindRule: {"systemd-networkd"}, guest.KindAddress: {"dhclient"}, guest.KindRoute: {"systemd-networkd", "dhclient"}, guest.KindRPS: nil,
	} {
		if diff := cmp.Diff(want, Suspects(findings, kind)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}
