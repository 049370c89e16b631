package tables

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
)

// TypeFacts are what a type's name and the tables tell a person who chooses one.
type TypeFacts struct {
	// InstanceType has but Name and Family where the type is not Documented.
	InstanceType
	Documented bool
	// Series is the family without its generation: m, hpc, ecs.g.
	Series     string
	Generation int // 0: the name has none
	// Attributes are what the name says after the generation, in its order.
	Attributes []Attribute
	Size       string // large, 2xlarge, metal-24xl
	// Suits says what the series is for; "" where nothing is known.
	Suits string
	// SuitsSource is document and section, or public.
	SuitsSource string
	// Range is what the source documents for the family; nil where it has no row.
	Range *Range
	// Next is the next larger size of the family that is not bare metal, nil for
	// the largest and where the type is not Documented.
	Next *InstanceType
	// Credits is nil for types that do not burst, and where nothing is known.
	Credits *Credits
	// Notes are further statements of the source, a sentence each.
	Notes []string
}

// Attribute is a letter, or a word after a dash, of a type's name.
type Attribute struct {
	Text    string
	Meaning string // "": not known
	// CPU says that it tells whose CPU it is.
	CPU bool
}

// Range is the smallest and the largest of a family. Document B 01-02.
type Range struct {
	VCPU      [2]int
	MemoryGiB [2]float64
}

// Credits are a burstable type's. One credit is a vCPU in full use for a minute.
type Credits struct {
	PerHour         float64
	Most            float64 // that accrue
	BaselinePercent float64 // of each vCPU
	// KeptDays is how long they are kept while the instance is stopped; 0: lost at
	// once; -1: not known.
	KeptDays int
	// Mode is the default one: standard, unlimited, or "" where it is not known.
	Mode string
}

//go:embed credits.tsv
var creditRows string

var (
	awsName     = regexp.MustCompile(`^(([a-z]+)([0-9]+)([a-z]*)((?:-[a-z0-9]+)*))\.([a-z0-9-]+)$`)
	alibabaName = regexp.MustCompile(`^(ecs\.([a-z]+)([0-9]+)([a-z]*)((?:-[a-z0-9]+)*))\.([a-z0-9-]+)$`)
	// looseName is that of the documented types whose names follow no grammar:
	// u-12tb1.metal, mac-m4.metal, ecs.video-trans.26xhevc.
	looseName = regexp.MustCompile(`^((?:ecs\.)?([a-z]+)((?:-[a-z0-9]+)*))\.([a-z0-9-]+)$`)
)

// Facts answers what there is to say of a type, by its provider (alibaba, aws)
// and name; false where the name is none of a type's.
func Facts(provider, name string) (TypeFacts, bool) {
	f := TypeFacts{InstanceType: InstanceType{Name: name}}
	grammar, prefix := awsName, ""
	if provider == "alibaba" {
		grammar, prefix = alibabaName, "ecs."
	}
	t, documented := Lookup(provider, name)
	switch m := grammar.FindStringSubmatch(name); {
	case m != nil:
		f.Family, f.Series, f.Size = m[1], prefix+m[2], m[6]
		f.Generation, _ = strconv.Atoi(m[3])
		f.Attributes = attributes(provider, m[2], m[4], m[5])
	case documented:
		m := looseName.FindStringSubmatch(name)
		if m == nil {
			return TypeFacts{}, false
		}
		f.Family, f.Series, f.Size = m[1], prefix+m[2], m[4]
		f.Attributes = attributes(provider, m[2], "", m[3])
	default:
		return TypeFacts{}, false
	}
	if f.Documented = documented; documented {
		f.InstanceType = t
		f.Next = nextSize(provider, t)
	}
	f.Suits, f.SuitsSource = suits(provider, strings.TrimPrefix(f.Series, "ecs."), f.Generation)
	f.Credits = creditsOf(provider, name)
	if r, ok := ranges[f.Family]; ok && provider == "aws" {
		f.Range = &r
	}
	f.Notes = notes(&f)
	return f, true
}

// nextSize answers the smallest type of the family that is larger than t.
func nextSize(provider string, t InstanceType) (next *InstanceType) {
	larger := func(a, b InstanceType) bool {
		return a.VCPU > b.VCPU || a.VCPU == b.VCPU && a.MemoryMiB > b.MemoryMiB
	}
	All(provider, func(x InstanceType) bool {
		if x.Family == t.Family && !strings.Contains(x.Name, ".metal") && larger(x, t) && (next == nil || larger(*next, x)) {
			next = &x
		}
		return true
	})
	return next
}

func creditsOf(provider, name string) *Credits {
	_, rest, ok := strings.Cut(creditRows, "\n"+provider+"\t"+name+"\t")
	if !ok {
		return nil
	}
	row, _, _ := strings.Cut(rest, "\n")
	var n [3]float64
	for i, cell := range strings.Split(row, "\t") {
		n[i], _ = strconv.ParseFloat(cell, 64)
	}
	c := &Credits{PerHour: n[0], Most: n[1], BaselinePercent: n[2], KeptDays: -1}
	switch {
	case provider != "aws":
	case strings.HasPrefix(name, "t2."):
		c.KeptDays, c.Mode = 0, "standard"
	default:
		c.KeptDays, c.Mode = 7, "unlimited"
	}
	return c
}

// notes answers what the source says of all types, and of such as f.
func notes(f *TypeFacts) []string {
	all := []string{
		"A newer generation of a family is faster at the same size, and cheaper.",
		"One size up doubles the hardware and the price; the network bandwidth hardly changes.",
	}
	if f.Burstable || f.Credits != nil {
		all = append(all, "It has a baseline of CPU use; above it credits are spent, which come back at a fixed rate.")
	}
	return all
}
