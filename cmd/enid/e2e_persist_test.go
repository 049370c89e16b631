//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const multiENI = "../../examples/multi-eni/topology"

// The command prints each file below a header, writes them below a folder, again as
// often as one likes, and never over what it did not write.
func TestE2EHostExport_host_persist(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	topology := l.path("topology")
	if err := os.CopyFS(topology, os.DirFS(multiENI)); err != nil {
		t.Fatal(err)
	}
	export := func(code int, args ...string) result {
		t.Helper()
		return l.enid(code, append([]string{"host", "export", "--host", "web-1", "--path", topology}, args...)...)
	}
	for format, wants := range map[string][]string{
		"":         {"### /etc/sysconfig/network-scripts/ifcfg-eth1\n# enid: ", "\nHWADDR=" + mac1 + "\nDEFROUTE=no\n", "### /etc/sysconfig/network-scripts/rule-eth2\n"},
		"networkd": {"### /etc/systemd/network/05-enid-eth1.network\n", "\nMACAddress=" + mac2 + "\n"},
		"netplan":  {"### /etc/netplan/90-enid-eth1.yaml\n", "### /etc/systemd/network/10-netplan-enid-eth2.network.d/50-enid.conf\n"},
		"commands": {"#!/bin/sh\n", "\nset -eu\n"},
	} {
		args := []string{"--format", format}
		if format == "" {
			args = nil
		}
		out := export(exitOK, args...).out
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("--format %q: no %q in\n%s", format, want, out)
			}
		}
		dir := l.path("out" + format)
		for range 2 {
			export(exitOK, append(args, "--dir", dir)...)
		}
		found, err := filepath.Glob(dir + "/*")
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v %v", dir, found, err)
		}
		theirs := found[len(found)-1] // the last that is written
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(theirs, []byte("theirs\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r := export(exitFailed, append(args, "--dir", dir)...)
		if !strings.Contains(r.err, theirs) || !strings.Contains(r.err, "nothing was written") {
			t.Error(r.err)
		}
		if after, err := filepath.Glob(dir + "/*"); len(after) != 1 {
			t.Errorf("something was written: %v %v", after, err)
		}
	}
	if r := export(exitFailed, "--format", "wicked"); !strings.Contains(r.err, "networkd") {
		t.Error(r.err)
	}
	l.ip("link delete eth2", "link set eth1 address 02:00:00:00:00:01")
	r := export(exitBlocked, "--format", "networkd")
	if r.out != "" || !strings.Contains(r.err, "left out: ENI/web-1-b: ") || !strings.Contains(r.err, "left out: ENI/web-1-c: ") {
		t.Errorf("%s\n%s", r.out, r.err)
	}
}

// persist has the agent keep the files where the distribution reads them, and the dry
// run say so.
func TestE2EPersist_host_persist(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := l.path("topology")
	if err := os.CopyFS(dir, os.DirFS(multiENI)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "web-1.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "  rps: documented", "  persist: networkd", 1))
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	host := func(code int, verb string) string {
		t.Helper()
		return l.enid(code, "host", verb, "--host", "web-1", "--path", dir).out
	}
	if out := host(exitChanges, "plan"); !strings.Contains(out, "WriteFile") || !strings.Contains(out, "/etc/systemd/network/05-enid-eth2.network") {
		t.Error(out)
	}
	host(exitOK, "apply")
	if out := l.must("cat", "/etc/systemd/network/05-enid-eth1.network"); !strings.Contains(out, "MACAddress="+mac1) {
		t.Error(out)
	}
	host(exitOK, "plan")
	l.must("sh", "-c", "echo theirs > /etc/systemd/network/05-enid-eth1.network")
	if out := host(exitBlocked, "plan"); !strings.Contains(out, "enid did not write it") {
		t.Error(out)
	}
	if out := l.must("cat", "/etc/systemd/network/05-enid-eth1.network"); out != "theirs\n" {
		t.Error(out)
	}
}
