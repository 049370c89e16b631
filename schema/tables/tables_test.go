package tables

import (
	"strings"
	"testing"
)

func TestLookupFindsEveryType(t *testing.T) {
	for provider, want := range map[string]int{"alibaba": 696, "aws": 1392} {
		n, last := 0, ""
		All(provider, func(x InstanceType) bool {
			if x.Name <= last {
				t.Errorf("%s: %q after %q", provider, x.Name, last)
			}
			if got, ok := Lookup(provider, x.Name); !ok || got != x {
				t.Errorf("%s: %q: %+v, %v", provider, x.Name, got, ok)
			}
			n, last = n+1, x.Name
			return true
		})
		if n != want {
			t.Errorf("%s: %d types, want %d", provider, n, want)
		}
	}
}

func TestLookupFacts(t *testing.T) {
	cases := map[string]InstanceType{
		"aws m5.large":             {Name: "m5.large", Family: "m5", VCPU: 2, MemoryMiB: 8192, MaxENIs: 3, IPv4PerENI: 10, IPv6PerENI: 10, Queues: 8, PrefixDelegation: true, Nitro: true},
		"aws c6i.4xlarge":          {Name: "c6i.4xlarge", Family: "c6i", VCPU: 16, MemoryMiB: 32768, MaxENIs: 8, IPv4PerENI: 30, IPv6PerENI: 30, Queues: 8, MaxQueues: 16, PrefixDelegation: true, Nitro: true},
		"aws t2.micro":             {Name: "t2.micro", Family: "t2", VCPU: 1, MemoryMiB: 1024, MaxENIs: 2, IPv4PerENI: 2, IPv6PerENI: 2, Queues: 1, Burstable: true},
		"aws m1.small":             {Name: "m1.small", Family: "m1", VCPU: 1, MemoryMiB: 1740, MaxENIs: 2, IPv4PerENI: 4, IPv6PerENI: -1, Queues: 1},
		"alibaba ecs.e-c1m1.large": {Name: "ecs.e-c1m1.large", Family: "ecs.e", VCPU: 2, MemoryMiB: 2048, MaxENIs: 2, IPv4PerENI: 2, IPv6PerENI: 1, Queues: 1, MaxQueues: 1, IOOptimized: "yes", AttachRequiresStopped: true},
		"alibaba ecs.c4.2xlarge":   {Name: "ecs.c4.2xlarge", Family: "ecs.c4", VCPU: 8, MemoryMiB: 16384, MaxENIs: 4, Queues: 1, MaxQueues: 1, IOOptimized: "yes"},
		"alibaba ecs.c1.large":     {Name: "ecs.c1.large", Family: "ecs.c1", VCPU: 8, MemoryMiB: 16384, IOOptimized: "optional"},
	}
	for key, want := range cases {
		provider, name, _ := strings.Cut(key, " ")
		if got, ok := Lookup(provider, name); !ok || got != want {
			t.Errorf("%s: %+v, %v", key, got, ok)
		}
	}
	for _, name := range []string{"", "m5", "m5.larg", "zzz.large", "#"} {
		if got, ok := Lookup("aws", name); ok {
			t.Errorf("%q: %+v", name, got)
		}
	}
	if _, ok := Lookup("elsewhere", "m5.large"); ok {
		t.Error("a provider that is not known has no types")
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		Lookup("aws", "m5.large")
	}
}
