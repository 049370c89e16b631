//go:build linux

package host

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// irqbalance is enabled and disabled through a real systemd, and found as it is
// whatever somebody else did to it.
func TestIRQBalance_mq_irqbalance(t *testing.T) {
	example(t)
	s := bootSystemd(t)
	m, c := open(t, s.options()), exampleCloud()
	s.is("inactive", "disabled")
	converge(t, m, c)
	s.is("inactive", "disabled")
	c.host.IRQBalance = "enabled"
	converge(t, m, c)
	s.is("active", "enabled")
	again(t, m, c)
	for _, harm := range []struct{ command, active string }{
		{"stop", "inactive"}, {"disable", "active"}, {"kill --signal=KILL", "failed"}, {"disable --now", "inactive"},
	} {
		s.systemctl(append(strings.Fields(harm.command), "irqbalance")...)
		s.becomes(harm.active)
		converge(t, m, c)
		s.is("active", "enabled")
		again(t, m, c)
	}
	s.systemctl("mask", "--runtime", "--now", "irqbalance")
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.irqbalance")
	if !strings.Contains(stepTexts(res.Blocked), "systemctl unmask irqbalance") {
		t.Error(stepTexts(res.Blocked))
	}
	s.systemctl("unmask", "--runtime", "irqbalance")
	converge(t, m, c)
	s.is("active", "enabled")
	c.host.IRQBalance = "disabled"
	converge(t, m, c)
	s.is("inactive", "disabled")
	again(t, m, c)
	c.host.IRQBalance = "unmanaged"
	s.systemctl("start", "irqbalance")
	again(t, m, c)
	s.is("active", "disabled")
}

// becomes waits until systemd has noticed what became of irqbalance.
func (c *container) becomes(active string) {
	c.t.Helper()
	for range 500 {
		if c.systemctl("is-active", "irqbalance") == active {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("it does not become %s", active)
}

// What systemd skips is said with its condition; a unit that is not there with the
// package; a systemd that answers on its bus only is asked there.
func TestIRQBalanceCannotRun_mq_irqbalance(t *testing.T) {
	example(t)
	s := bootSystemd(t)
	m, c := open(t, s.options()), exampleCloud()
	c.host.IRQBalance = "enabled"
	at := s.root + "/etc/systemd/system/irqbalance.service"
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s.systemctl("daemon-reload")
	}
	write(at+".d/never.conf", "[Unit]\nConditionPathExists=/nowhere\n")
	res := turn(t, m, c)
	if text := stepTexts(res.Blocked); !strings.Contains(text, "its ConditionPathExists=/nowhere is not met") || res.RetryAfter == 0 {
		t.Errorf("%s: %s", res.Condition, text)
	}
	if err := os.Remove(at + ".d/never.conf"); err != nil {
		t.Fatal(err)
	}
	write(at, "[Service]\nExecStart=/nowhere\nType=exec\n[Install]\nWantedBy=multi-user.target\n")
	m = open(t, s.options()) // which has not failed yet
	if text := stepTexts(turn(t, m, c).Blocked); !strings.Contains(text, `systemd's job ended as "failed"; `+"`systemctl status irqbalance.service` says why") {
		t.Error(text)
	}
	if err := os.Remove(s.root + "/run/systemd/private"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	s.systemctl("daemon-reload")
	m = open(t, s.options())
	converge(t, m, c) // over the system's bus
	s.is("active", "enabled")
	if err := os.Remove(s.root + "/run/dbus/system_bus_socket"); err != nil {
		t.Fatal(err)
	}
	m = open(t, s.options())
	res = turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.irqbalance")
	if text := stepTexts(res.Blocked); !strings.Contains(text, "systemd does not say whether irqbalance runs") {
		t.Error(text)
	}
}

// Without systemd the real irqbalance is found, by its socket or by its name, and
// neither started nor ended.
func TestIRQBalanceWithoutSystemd_mq_irqbalance(t *testing.T) {
	example(t)
	m, c := open(t, Options{Run: t.TempDir()}), exampleCloud()
	c.host.IRQBalance = "disabled"
	converge(t, m, c)
	again(t, m, c)
	c.host.IRQBalance = "enabled"
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.irqbalance")
	if !strings.Contains(stepTexts(res.Blocked), "install the package irqbalance") {
		t.Error(stepTexts(res.Blocked))
	}
	cmd := startIRQBalance(t)
	for range 500 {
		if res = turn(t, m, c); res.Condition == Converged {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	said := false
	for _, a := range res.Advice {
		said = said || strings.Contains(a.Detail, "whether it is started at boot is not seen")
	}
	if res.Condition != Converged || !said {
		t.Fatalf("%s: %v", res.Message, res.Advice)
	}
	again(t, m, c)
	c.host.IRQBalance = "disabled"
	res = turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.irqbalance")
	if !strings.Contains(res.Message, "irqbalance runs as process "+itoa(cmd.Process.Pid)) {
		t.Error(res.Message)
	}
	if cmd.ProcessState != nil || cmd.Process.Signal(syscall.Signal(0)) != nil {
		t.Error("enid ended it")
	}
	c.host.IRQBalance = "unmanaged"
	again(t, m, c)
}

// startIRQBalance runs it where it can move no interrupt of this machine.
func startIRQBalance(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("unshare", "--mount", "sh", "-c", "mount --bind -o ro /proc/irq /proc/irq && exec irqbalance --foreground")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}
