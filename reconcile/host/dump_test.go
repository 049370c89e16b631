//go:build linux

package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// dumped is what `ip` says of a machine, with NICs by their MAC: what is enid's by its
// marks, and what is not. An address of enid's shows by noprefixroute, which nobody
// else sets in these tests: iproute2 6.1 does not show an address's protocol.
type dumped struct{ own, foreign []string }

// dump reads addresses, routes and rules of both families with two processes.
func dump(t must, c *cloud) (d dumped) {
	t.Helper()
	macs := map[string]string{"lo": "lo"}
	for _, l := range ipJSON(t, "link") {
		macs[l["ifname"].(string)] = l["address"].(string)
	}
	for _, family := range []string{"-4", "-6"} {
		cmd := exec.Command("ip", "-j", "-d", "-N", family, "-force", "-batch", "-")
		cmd.Stdin = strings.NewReader("address show\nroute show table all\nrule show\n")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("ip -batch: %v", err)
		}
		dec := json.NewDecoder(bytes.NewReader(out))
		for _, read := range []func(map[string]any, string, map[string]string){d.address, d.route, d.rule} {
			var list []map[string]any
			if err := dec.Decode(&list); err != nil {
				t.Fatalf("ip -batch: %v", err)
			}
			for _, o := range list {
				read(o, family, macs)
			}
		}
	}
	d.queues(c, macs)
	slices.Sort(d.own)
	slices.Sort(d.foreign)
	return d
}

func (d *dumped) put(own bool, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); own {
		d.own = append(d.own, text)
	} else {
		d.foreign = append(d.foreign, text)
	}
}

func (d *dumped) address(link map[string]any, _ string, macs map[string]string) {
	infos, _ := link["addr_info"].([]any)
	for _, x := range infos {
		a := x.(map[string]any)
		if local := fmt.Sprint(a["local"]); !strings.HasPrefix(local, "fe80:") {
			forever := fmt.Sprint(a["valid_life_time"]) == fmt.Sprint(float64(1<<32-1))
			d.put(a["noprefixroute"] == true, "address %s/%v %s forever=%v", local, a["prefixlen"], macs[fmt.Sprint(link["ifname"])], forever)
		}
	}
}

// route leaves out what the kernel makes by itself of an address or of a link that
// comes up, but for the primary's IPv4 route.
func (d *dumped) route(r map[string]any, family string, macs map[string]string) {
	if r["protocol"] == "2" && (family == "-6" || r["table"] == "255" || macs[fmt.Sprint(r["dev"])] != mac0) || r["protocol"] == nil {
		return
	}
	d.put(r["protocol"] == "101", "route %s %v table %v via %v dev %s metric %v type %v src %v proto %v flags %v", family, r["dst"], r["table"], r["gateway"],
		macs[fmt.Sprint(r["dev"])], r["metric"], r["type"], r["prefsrc"], r["protocol"], slices.DeleteFunc(anys(r["flags"]), func(f string) bool { return f != "onlink" }))
}

func (d *dumped) rule(r map[string]any, family string, _ map[string]string) {
	d.put(r["protocol"] == "101", "rule %s %v: from %v/%v to %v/%v lookup %v suppress %v fwmark %v proto %v", family, r["priority"], r["src"], r["srclen"],
		r["dst"], r["dstlen"], r["table"], r["suppress_prefixlen"], r["fwmark"], r["protocol"])
}

// queues reads how many receive queues the NICs of a cloud have, and their masks, as
// far as it asks for either.
func (d *dumped) queues(c *cloud, macs map[string]string) {
	for name, mac := range macs {
		if !slices.ContainsFunc(slices.Collect(maps.Values(c.enis)), func(e *eni) bool { return e.status.MAC == mac }) || c.host.Queues.Unmanaged {
			continue
		}
		files, _ := filepath.Glob("/sys/class/net/" + name + "/queues/rx-*/rps_cpus")
		d.put(true, "queues %s %d", mac, len(files))
		for _, f := range files {
			if b, _ := os.ReadFile(f); c.host.RPS.Mode != "" {
				d.put(true, "rps %s %s %s", mac, strings.TrimPrefix(f, "/sys/class/net/"+name), bytes.TrimSpace(b))
			}
		}
	}
}

func anys(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}
