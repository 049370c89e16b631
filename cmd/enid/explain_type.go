package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// typeExplained is an instance type, as the rule instance.type-facts has it. What
// is not known is left out.
type typeExplained struct {
	Name       string            `json:"name"`
	Cloud      string            `json:"cloud"`
	Documented bool              `json:"documented"` // false: only its name tells something
	Family     string            `json:"family"`
	Generation int               `json:"generation,omitempty"`
	Suits      string            `json:"suits,omitempty"`
	Source     string            `json:"source,omitempty"` // of what it suits
	Attributes []attributeOfType `json:"attributes,omitempty"`
	Size       string            `json:"size"`
	Hardware   *hardware         `json:"hardware,omitempty"`
	Range      *rangeOfFamily    `json:"familyRange,omitempty"` // as the source documents it
	Next       string            `json:"nextSize,omitempty"`
	Credits    *creditsOfType    `json:"credits,omitempty"`
	Notes      []string          `json:"notes,omitempty"`

	next *tables.InstanceType
}

type attributeOfType struct {
	Text    string `json:"text"`
	Meaning string `json:"meaning,omitempty"`
	CPU     bool   `json:"cpu"` // it tells whose CPU it is
}

// hardware is what the tables hold of a documented type; 0 is not known, and -1 none.
type hardware struct {
	VCPU              int     `json:"vcpu,omitempty"`
	MemoryGiB         float64 `json:"memoryGiB,omitempty"`
	ENIs              int     `json:"enis,omitempty"`            // the primary one included
	AddressesPerENI   int     `json:"addressesPerENI,omitempty"` // of IPv4
	IPv6PerENI        int     `json:"ipv6AddressesPerENI,omitempty"`
	QueuesPerENI      int     `json:"queuesPerENI,omitempty"` // as it comes
	MaxQueuesPerENI   int     `json:"maxQueuesPerENI,omitempty"`
	IOOptimized       string  `json:"ioOptimized,omitempty"` // yes, no, optional
	Nitro             bool    `json:"nitro"`
	Prefixes          bool    `json:"prefixDelegation"`
	AttachWhenStopped bool    `json:"eniAttachRequiresStopped"`
}

type rangeOfFamily struct {
	VCPU      [2]int     `json:"vcpu"`
	MemoryGiB [2]float64 `json:"memoryGiB"`
}

// creditsOfType are a burstable type's; one is a vCPU in full use for a minute.
type creditsOfType struct {
	PerHour         float64 `json:"perHour"`
	Most            float64 `json:"most"`
	BaselinePercent float64 `json:"baselinePercent"` // of each vCPU
	KeptDays        int     `json:"keptDays"`        // while stopped; -1: not known
	Mode            string  `json:"mode,omitempty"`  // standard or unlimited
}

// explainType answers what is known of an instance type of either cloud.
func explainType(name string) (*typeExplained, error) {
	provider := schema.AWS
	if strings.HasPrefix(name, "ecs.") {
		provider = schema.Alibaba
	}
	f, ok := tables.Facts(string(provider), name)
	if !ok {
		return nil, fmt.Errorf("%q is no instance type%s; one reads FAMILY GENERATION ATTRIBUTES . SIZE, such as c5.large, or ecs.g5.large on Alibaba Cloud",
			name, suggest(name, typeNames(provider)))
	}
	e := &typeExplained{Name: name, Cloud: string(provider), Documented: f.Documented, Family: f.Family, Generation: f.Generation,
		Suits: f.Suits, Source: f.SuitsSource, Size: f.Size, Notes: f.Notes, next: f.Next}
	for _, a := range f.Attributes {
		e.Attributes = append(e.Attributes, attributeOfType(a))
	}
	if f.Documented {
		e.Hardware = &hardware{f.VCPU, float64(f.MemoryMiB) / 1024, f.MaxENIs, f.IPv4PerENI, f.IPv6PerENI, f.Queues, f.MaxQueues, f.IOOptimized,
			f.Nitro, f.PrefixDelegation, f.AttachRequiresStopped}
	}
	if f.Range != nil {
		e.Range = (*rangeOfFamily)(f.Range)
	}
	if f.Next != nil {
		e.Next = f.Next.Name
	}
	if f.Credits != nil {
		e.Credits = (*creditsOfType)(f.Credits)
	}
	return e, nil
}

func typeNames(provider schema.Provider) (names []string) {
	tables.All(string(provider), func(t tables.InstanceType) bool {
		names = append(names, t.Name)
		return true
	})
	return names
}

func (e *typeExplained) write(p *paper) {
	p.title(e.Name, map[string]string{"aws": "instance type of AWS", "alibaba": "instance type of Alibaba Cloud"}[e.Cloud])
	if !e.Documented {
		p.labelled("unknown", "it is in no table: only its name tells something, and limits cannot be checked [instance.type-unknown]"+
			suggest(e.Name, typeNames(schema.Provider(e.Cloud))))
	}
	p.labelled("family", e.Family)
	if e.Suits != "" {
		p.labelled("suits", e.Suits+" ("+e.Source+")")
	}
	if e.Generation > 0 {
		p.labelled("generation", strconv.Itoa(e.Generation))
	}
	for _, a := range e.Attributes {
		meaning := a.Meaning
		if meaning == "" {
			meaning = "not known"
		}
		if !a.CPU {
			meaning += "; says nothing of the CPU"
		}
		p.labelled("attribute", a.Text+": "+meaning)
	}
	p.labelled("size", e.Size)
	if e.Hardware != nil {
		e.writeHardware(p)
	}
	if r := e.Range; r != nil {
		p.labelled("in all", fmt.Sprintf("the family has %d to %d vCPU and %s to %s GiB (B 01-02)", r.VCPU[0], r.VCPU[1], decimal(r.MemoryGiB[0]), decimal(r.MemoryGiB[1])))
	}
	if e.next != nil {
		p.labelled("next size", fmt.Sprintf("%s: %d vCPU, %s GiB", e.next.Name, e.next.VCPU, decimal(float64(e.next.MemoryMiB)/1024)))
	}
	if c := e.Credits; c != nil {
		p.labelled("credits", fmt.Sprintf("earns %s an hour, holds %s; the baseline is %s %% of each vCPU", decimal(c.PerHour), decimal(c.Most), decimal(c.BaselinePercent)))
		p.labelled("", e.creditsKept())
	}
	for _, note := range e.Notes {
		p.labelled("note", note)
	}
}

func (e *typeExplained) writeHardware(p *paper) {
	h := e.Hardware
	var parts []string
	if h.VCPU > 0 {
		parts = append(parts, fmt.Sprintf("%d vCPU", h.VCPU))
	}
	if h.MemoryGiB > 0 {
		parts = append(parts, decimal(h.MemoryGiB)+" GiB of memory")
	}
	p.labelled("hardware", cmp.Or(strings.Join(parts, ", "), "not known"))
	if h.ENIs > 0 && h.AddressesPerENI > 0 {
		p.labelled("interfaces", fmt.Sprintf("at most %s, the primary one included, each with its primary address and at most %d secondary ones [eni.limit.instance-type]",
			plan.Count(h.ENIs, "ENI"), h.AddressesPerENI-1))
	}
	switch {
	case h.IPv6PerENI > 0:
		p.labelled("IPv6", fmt.Sprintf("addresses of each ENI: at most %d [eni.limit.instance-type]", h.IPv6PerENI))
	case h.IPv6PerENI < 0:
		p.labelled("IPv6", "addresses of each ENI: none [eni.limit.instance-type]")
	}
	if h.QueuesPerENI > 0 {
		text := fmt.Sprintf("%d for each ENI", h.QueuesPerENI)
		if h.MaxQueuesPerENI > 0 {
			text += fmt.Sprintf(", at most %d", h.MaxQueuesPerENI)
		}
		p.labelled("queues", text)
	}
	if e.Cloud == "alibaba" {
		p.labelled("I/O", map[string]string{"yes": "I/O optimized", "no": "not I/O optimized: takes no ENIs",
			"optional": "I/O optimized by choice: set ioOptimized: true for ENIs", "": "not known whether it is I/O optimized"}[h.IOOptimized])
		if h.AttachWhenStopped {
			p.labelled("attach", "takes and gives ENIs only while stopped [eni.attach.stopped-only]")
		}
		return
	}
	p.labelled("hypervisor", map[bool]string{true: "Nitro: volumes appear as NVMe devices", false: "Xen: volumes keep their names"}[h.Nitro])
	if h.Prefixes {
		p.labelled("prefixes", "takes delegated /28 prefixes, each for one address slot")
	}
}

// creditsKept answers what becomes of credits while the instance is stopped.
func (e *typeExplained) creditsKept() string {
	kept := "not known whether they are kept while it is stopped"
	switch {
	case e.Credits.KeptDays == 0:
		kept = "lost when it is stopped"
	case e.Credits.KeptDays > 0:
		kept = fmt.Sprintf("kept for %d days while it is stopped", e.Credits.KeptDays)
	}
	if e.Credits.Mode != "" {
		kept += "; " + e.Credits.Mode + " by default"
	}
	return kept
}

// decimal answers a number without needless digits.
func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
