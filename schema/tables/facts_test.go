package tables

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFacts(t *testing.T) {
	c5, _ := Lookup("aws", "c5d.xlarge")
	next, _ := Lookup("aws", "c5d.2xlarge")
	want := TypeFacts{
		InstanceType: c5, Documented: true, Series: "c", Generation: 5, Size: "xlarge",
		Attributes: []Attribute{{"d", "local NVMe disks", false}},
		Suits:      "CPU: web servers, HPC, batches, ad serving, video encoding, game servers, modelling, distributed analysis", SuitsSource: "B 01-02",
		Range: &Range{[2]int{2, 72}, [2]float64{4, 144}}, Next: &next,
		Notes: []string{
			"A newer generation of a family is faster at the same size, and cheaper.",
			"One size up doubles the hardware and the price; the network bandwidth hardly changes.",
		},
	}
	got, ok := Facts("aws", "c5d.xlarge")
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFactsOfNames(t *testing.T) {
	type row struct {
		series, size string
		generation   int
		attributes   string // each with + where it tells the CPU
		documented   bool
	}
	for name, want := range map[string]row{
		"aws t4g.small":                {"t", "small", 4, "g+", true},
		"aws m6idn.metal":              {"m", "metal", 6, "i+ d n", true},
		"aws c7i-flex.large":           {"c", "large", 7, "i+ flex", true},
		"aws a1.medium":                {"a", "medium", 1, "", true},
		"aws u-12tb1.metal":            {"u", "metal", 0, "12tb1", true},
		"aws m99gx.large":              {"m", "large", 99, "g+ x", false},
		"alibaba ecs.g5.large":         {"ecs.g", "large", 5, "", true},
		"alibaba ecs.g8ine.2xlarge":    {"ecs.g", "2xlarge", 8, "i+ ne", true},
		"alibaba ecs.gn6i-c4g1.xlarge": {"ecs.gn", "xlarge", 6, "i c4g1", true},
		"alibaba ecs.e-c1m1.large":     {"ecs.e", "large", 0, "c1m1", true},
	} {
		provider, name := split(name)
		f, ok := Facts(provider, name)
		got := row{f.Series, f.Size, f.Generation, "", f.Documented}
		for i, a := range f.Attributes {
			if i > 0 {
				got.attributes += " "
			}
			got.attributes += a.Text
			if a.CPU {
				got.attributes += "+"
			}
		}
		if !ok || got != want || f.Name != name || f.Family == "" {
			t.Errorf("%s: %+v, %v, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "m5", "m5.", ".large", "M5.large", "m5.large\n", "video.x"} {
		if f, ok := Facts("aws", name); ok {
			t.Errorf("%q: %+v", name, f)
		}
	}
}

func TestCredits(t *testing.T) {
	for name, want := range map[string]Credits{
		"aws t2.micro":              {6, 144, 10, 0, "standard"},
		"aws t4g.2xlarge":           {192, 4608, 40, 7, "unlimited"},
		"alibaba ecs.t5-lc2m1.nano": {12, 288, 20, -1, ""},
	} {
		provider, name := split(name)
		f, _ := Facts(provider, name)
		if f.Credits == nil || *f.Credits != want || len(f.Notes) != 3 {
			t.Errorf("%s: %+v, want %+v", name, f.Credits, want)
		}
	}
	if f, _ := Facts("aws", "m5.large"); f.Credits != nil || len(f.Notes) != 2 {
		t.Errorf("%+v", f)
	}
}

// TestEveryTypeHasFacts holds that each documented name can be taken apart, and
// that every burstable type of AWS has its credits.
func TestEveryTypeHasFacts(t *testing.T) {
	for _, provider := range []string{"aws", "alibaba"} {
		unknown := 0
		All(provider, func(x InstanceType) bool {
			f, ok := Facts(provider, x.Name)
			if !ok || !f.Documented || f.InstanceType != x || f.Series == "" || f.Size == "" {
				t.Errorf("%s: %+v, %v", x.Name, f, ok)
			}
			if provider == "aws" && x.Burstable != (f.Credits != nil) && x.Name != "t1.micro" {
				t.Errorf("%s: burstable %v, credits %+v", x.Name, x.Burstable, f.Credits)
			}
			if f.Next != nil && (f.Next.Family != x.Family || f.Next.VCPU < x.VCPU) {
				t.Errorf("%s: next %+v", x.Name, f.Next)
			}
			if f.Suits == "" {
				unknown++
			}
			return true
		})
		if unknown > 70 {
			t.Errorf("%s: %d types without a purpose", provider, unknown)
		}
		t.Logf("%s: %d types without a purpose", provider, unknown)
	}
}

func split(key string) (provider, name string) {
	for i := range key {
		if key[i] == ' ' {
			return key[:i], key[i+1:]
		}
	}
	return "", key
}
