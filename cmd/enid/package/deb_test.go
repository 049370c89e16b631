//go:build linux

package packaging

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// debInstalls is the life of the .deb on a machine: installed, configured, upgraded,
// removed, installed again, purged.
func debInstalls(t *testing.T, older, newer string) {
	m := boot(t, bareDebian(t))
	for from, to := range map[string]string{older: "root/older.deb", newer: "root/newer.deb"} {
		run(t, ".", "cp", from, m.at(to))
	}
	before := m.must("find", "/", "-xdev", "-iname", "*enid*")
	m.must("dpkg", "--install", "/root/older.deb")
	if got := m.must("enid", "version"); !strings.HasPrefix(got, "enid v1.0.0 (commit ") {
		t.Errorf("enid version: %s", got)
	}
	m.unit("disabled", "inactive")
	if got := m.must("systemd-analyze", "verify", "--man=no", "enid.service"); got != "" {
		t.Errorf("systemd-analyze verify: %s", got)
	}
	m.must("systemd-analyze", "security", "--threshold=40", "--no-pager", "enid.service")

	m.configure()
	m.must("systemctl", "enable", "--now", "enid")
	m.converges("10.0.0.20", "10.0.0.21")
	m.heals()
	masks := m.must("sh", "-c", "cat /sys/class/net/eth1/queues/rx-*/rps_cpus")
	if strings.Trim(masks, "0,\n") == "" {
		t.Errorf("under the unit no RPS mask is set: %q", masks)
	}
	m.within("the state is closed to others", func() error {
		got, err := m.try("stat", "--format=%a %U", "/var/lib/enid", "/var/lib/enid/enid.sock")
		if err == nil && got != "700 root\n600 root\n" {
			err = errors.New(got)
		}
		return err
	})

	state, pid := m.state(), m.pid()
	m.must("dpkg", "--install", "--force-confold", "/root/newer.deb")
	if got := m.must("enid", "version"); !strings.HasPrefix(got, "enid v1.1.0+dirty (commit ") {
		t.Errorf("enid version: %s", got)
	}
	m.unit("enabled", "active")
	if now := m.pid(); now == pid {
		t.Error("after the upgrade the old program runs on")
	}
	m.heals()
	if now := m.state(); now != state {
		t.Errorf("the upgrade changed the state from %s to %s", state, now)
	}
	kept(t, m.at("etc/enid/config.yaml"), "host: web-1")
	kept(t, m.at("etc/enid/config.yaml.dpkg-dist"), "the-next-version")

	// An upgrade on a host whose configuration is wrong is an upgrade all the same.
	m.must("sh", "-c", "echo nosuch: key >>/etc/enid/config.yaml")
	m.must("dpkg", "--install", "--force-confold", "/root/older.deb")
	m.within("the log says what is wrong", func() error {
		if log := m.must("journalctl", "--unit=enid", "--priority=err", "--output=cat"); !strings.HasPrefix(log, "enid: configuration ") || !strings.Contains(log, `unknown key "nosuch"`) {
			return errors.New(log)
		}
		return nil
	})
	if urgent, all := m.must("journalctl", "--unit=enid", "--priority=warning"), m.must("journalctl", "--unit=enid"); strings.Contains(urgent, "enid runs") || !strings.Contains(all, "enid runs") || strings.Contains(all, "time=") {
		t.Errorf("the journal knows no priorities, or time twice:\n%s", all)
	}
	m.must("sed", "-i", "/nosuch/d", "/etc/enid/config.yaml")
	m.must("dpkg", "--install", "--force-confold", "/root/newer.deb")
	m.heals()

	rules := m.must("ip", "rule")
	m.must("dpkg", "--remove", "enid")
	m.gone("/usr/bin/enid", "/usr/lib/systemd/system/enid.service")
	if got, _ := m.try("systemctl", "is-active", "enid"); got == "active\n" {
		t.Error("removed, it still runs")
	}
	kept(t, m.at("etc/enid/config.yaml"), "host: web-1")
	if now := m.must("ip", "rule"); now != rules {
		t.Errorf("the removal changed the host's rules to\n%s", now)
	}
	m.must("dpkg", "--install", "/root/newer.deb")
	m.unit("enabled", "inactive")
	m.must("systemctl", "start", "enid")
	m.heals()
	if now := m.state(); now != state {
		t.Errorf("the removal changed the state from %s to %s", state, now)
	}
	if log := m.must("journalctl", "--unit=enid", "--output=cat"); strings.Contains(strings.ToLower(log), "not permitted") || strings.Contains(log, "read-only") {
		t.Errorf("the unit keeps it from something:\n%s", log)
	}

	m.hardened()
	m.must("dpkg", "--purge", "enid")
	m.must("rm", "-r", "/srv/topology", "/srv/enid")
	if after := m.must("find", "/", "-xdev", "-iname", "*enid*"); after != before {
		t.Errorf("purged, this is left:\n%s", after)
	}
}

// configure gives the machine three NICs, the topology of the example, and the
// configuration to follow it.
func (m *machine) configure() {
	m.t.Helper()
	m.must("sh", "-ec", `
		for nic in 'eth0 00:16:3e:0e:16:21' 'eth1 00:16:3e:12:e7:27' 'eth2 00:16:3e:12:16:ec'; do
			set -- $nic
			ip link add $1 numtxqueues 4 numrxqueues 4 address $2 type veth peer name peer-$1 numtxqueues 4 numrxqueues 4
			ip link set peer-$1 up
		done
		ip link set eth0 up
		ip address add 10.0.0.19/24 dev eth0
		ip route add default via 10.0.0.253 dev eth0
		printf 'path: /srv/topology\nhost: web-1\n' >>/etc/enid/config.yaml`)
	run(m.t, ".", "cp", "-r", "../../../examples/multi-eni/topology", m.at("srv/topology"))
}

// converges waits until each address has its rule, as ip sees it, and enid status says
// that all is as it should be.
func (m *machine) converges(addresses ...string) {
	m.t.Helper()
	m.within("it converges", func() error {
		rules, err := m.try("ip", "rule")
		for i, a := range addresses {
			if !strings.Contains(rules, fmt.Sprintf("from %s lookup %d", a, 1001+i)) {
				err = errors.Join(err, fmt.Errorf("no rule for %s in\n%s", a, rules))
			}
		}
		if err != nil {
			log, _ := m.try("journalctl", "--unit=enid", "--output=cat", "--lines=20")
			return fmt.Errorf("%w\n%s", err, log)
		}
		_, err = m.try("enid", "status")
		return err
	})
}

// hardened takes what docs/install.md says of the unit's limits: a state elsewhere is
// two lines of a drop-in, files of other users are not read, and persist: is written.
func (m *machine) hardened() {
	m.t.Helper()
	m.must("sh", "-ec", `
		systemctl stop enid
		mkdir -p -m 0700 /srv/enid /etc/systemd/system/enid.service.d
		printf '[Service]\nEnvironment=ENID_STATE=/srv/enid\nReadWritePaths=/srv/enid\n' >/etc/systemd/system/enid.service.d/state.conf
		sed -i 's/^  rps: documented$/&\n  persist: networkd/' /srv/topology/web-1.yaml
		install -m 0600 -o nobody /dev/null /etc/enid/others
		printf 'listen: 127.0.0.1:8080\nauth-token-file: /etc/enid/others\n' >>/etc/enid/config.yaml
		systemctl daemon-reload
		systemctl start --no-block enid`)
	m.within("what is another user's is named", func() error {
		log := m.must("journalctl", "--unit=enid", "--output=cat", "--lines=5")
		if !strings.Contains(log, "/etc/enid/others: permission denied") {
			return errors.New(log)
		}
		return nil
	})
	m.must("sed", "-i", "/^listen:/d;/^auth-token-file:/d", "/etc/enid/config.yaml")
	m.must("systemctl", "restart", "enid")
	m.within("the state is elsewhere, and the files for the boot are written", func() error {
		_, err := m.try("sh", "-ec", `ENID_STATE=/srv/enid enid status; test -s /srv/enid/enid.db; grep -l -r 10.0.0.20 /etc/systemd/network`)
		return err
	})
	m.must("rm", "-r", "/etc/systemd/system/enid.service.d", "/etc/enid/others")
	m.must("sh", "-c", "rm /etc/systemd/network/*enid*")
}

// heals checks that what somebody takes away comes back.
func (m *machine) heals() {
	m.t.Helper()
	m.must("ip", "rule", "delete", "priority", "9000") // the one of 10.0.0.20 alone
	m.converges("10.0.0.20", "10.0.0.21")
}

// unit checks whether the unit is enabled, and active.
func (m *machine) unit(enabled, active string) {
	m.t.Helper()
	e, _ := m.try("systemctl", "is-enabled", "enid")
	a, _ := m.try("systemctl", "is-active", "enid")
	if e != enabled+"\n" || a != active+"\n" {
		m.t.Errorf("the unit is %s%snot %s and %s", e, a, enabled, active)
	}
}

func (m *machine) pid() string { return m.must("systemctl", "show", "--property=MainPID", "enid") }

// state is what the stored state says of what was applied.
func (m *machine) state() string {
	m.t.Helper()
	return m.must("enid", "history")
}

func (m *machine) gone(paths ...string) {
	m.t.Helper()
	for _, p := range paths {
		if _, err := os.Lstat(filepath.Join(m.root, p)); err == nil {
			m.t.Errorf("%s is left", p)
		}
	}
}
