package schema

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileFilesAreCheap holds that no file costs more than about its length:
// each of these would take minutes if something were done for each value that costs
// as much as the file.
func TestHostileFilesAreCheap(t *testing.T) {
	const n = 100_000
	head := "apiVersion: enid/v1\nkind: VPC\nmetadata: {name: a"
	var fields, labels strings.Builder
	for i := range n {
		fmt.Fprintf(&fields, "  f%d: 1\n", i)
		fmt.Fprintf(&labels, "l%d: é, ", i)
	}
	for name, text := range map[string]string{
		"unknown fields":  head + "}\nspec:\n" + fields.String(),
		"one long line":   head + ", labels: {" + labels.String() + "}}\nspec: {}\n",
		"a list of wrong": head + "}\nspec: {region: [" + strings.Repeat("1, ", n) + "]}\n",
		"one long text":   head + "}\nspec: {region: \"" + strings.Repeat("x", 1<<22) + "\"}\n",
		"many documents":  strings.Repeat("---\n", n),
		"many comments":   strings.Repeat("# é\n", n),
		"open brackets":   strings.Repeat("[", n),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			Parse("a.yaml", []byte(text))
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Logf("%v for %d bytes", took, len(text))
			}
		})
	}
}

// TestCrowdedDocuments holds that what stands in a document is bounded before it is
// made, however it is written; and that several documents may have as much each.
func TestCrowdedDocuments(t *testing.T) {
	const n = maxValues + 1
	for name, text := range map[string]string{
		"list.yaml":         "a: [" + strings.Repeat("1,", n) + "]",
		"nested.yaml":       strings.Repeat("[[],[],[]],", n/3),
		"block.yaml":        strings.Repeat("- 1\n", n),
		"old.yaml":          strings.Repeat("- 1\r", n),
		"next line.yaml":    strings.Repeat("- 1\u0085", n),
		"separator.yaml":    strings.Repeat("- 1\u2028", n),
		"paragraph.yaml":    strings.Repeat("- 1\u2029", n),
		"maps.yaml":         "[" + strings.Repeat("{},", n) + "]",
		"no beginning.yaml": "[1\n" + strings.Repeat("---x,\n", n) + "]",
		"list.json":         "[" + strings.Repeat("1,", 2*n) + "1]",
		"object.json":       "{" + strings.Repeat(`"a":[],`, n) + `"b":1}`,
	} {
		f := Parse(name, []byte(text))
		if len(f.Findings) != 1 || !strings.Contains(f.Findings[0].Message, "too many values") {
			t.Errorf("%s: %.200v", name, f.Findings)
		}
	}
	half := "# " + strings.Repeat(",", maxValues/2) + "\n"
	for name, text := range map[string]string{
		"three.yaml": half + "---\n" + half + "--- # another\n" + half,
		"three.json": strings.Repeat("["+strings.Repeat("1,", maxValues)+"1]\n", 3),
	} {
		for _, f := range Parse(name, []byte(text)).Findings {
			if strings.Contains(f.Message, "too many values") {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
}

// TestManyBrokenReferencesAreCheap is what a commit does that renames a kind's all.
func TestManyBrokenReferencesAreCheap(t *testing.T) {
	const n = 20_000
	all := make([]*Resource, 0, 2*n)
	for i := range n {
		all = append(all,
			&Resource{Ref: Ref{KindSubnet, fmt.Sprintf("new-%d", i)}, Spec: &SubnetSpec{VPC: "none"}},
			&Resource{Ref: Ref{KindENI, fmt.Sprintf("e-%d", i)}, Spec: &ENISpec{Subnet: fmt.Sprintf("old-%d", i)}})
	}
	start := time.Now()
	_, findings := Join([]File{{Path: "a.yaml", Resources: all}})
	if took := time.Since(start); took > 20*time.Second || len(findings) < n {
		t.Errorf("took %v for %d findings", took, len(findings))
	}
}
