package schema

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestField(t *testing.T) {
	doc := func(path string) FieldDoc {
		t.Helper()
		d, err := Field(path)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	guest := doc("eni.spec.guest")
	var names []string
	for _, f := range guest.Fields {
		names = append(names, f.Path)
	}
	want := []string{"spec.guest.addressing", "spec.guest.metric", "spec.guest.table", "spec.guest.mtu", "spec.guest.queues", "spec.guest.rps", "spec.guest.xps"}
	if diff := cmp.Diff(want, names); diff != "" || guest.Type != "mapping" {
		t.Errorf("%+v\n%s", guest, diff)
	}
	for path, want := range map[string]FieldDoc{
		"Volumes.spec.type": {Kind: KindVolume, Path: "spec.type", Description: "The volume type.", Type: "text", Required: true,
			Allowed: "gp2, gp3, io1, io2, st1, sc1 or standard"},
		"VPCENDPOINT.TYPE": {Kind: KindVPCEndpoint, Path: "spec.type", Description: "Interface: an ENI in each subnet; Gateway: a route.",
			Type: "text", Default: "Interface", Allowed: "Interface or Gateway"},
		"host.spec.routing.metricBase": {Kind: KindHost, Path: "spec.routing.metricBase",
			Description: doc("host.spec.routing.metricbase").Description, Type: "whole number", Default: "1001", Allowed: "a whole number from 1 to 4294967295"},
		"volume.spec.attachTo[].device": {Kind: KindVolume, Path: "spec.attachTo.device",
			Description: "A device name as the cloud takes it, such as /dev/xvdf.", Type: "text", Required: true,
			Allowed: "a device name as the cloud takes it, such as /dev/xvdf"},
		"eni.metadata.labels.tier": {Kind: KindENI, Path: "metadata.labels.tier", Type: "text", Allowed: "a text of 0 to 262144 characters"},
		"eni.spec.queues":          {},
	} {
		got, err := Field(path)
		if want.Kind == "" {
			if err == nil {
				t.Errorf("%s: %+v, want an error", path, got)
			}
			continue
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", path, err, diff)
		}
	}
	if d := doc("eip.spec.bindTo"); !slices.Equal(d.Choices, []string{"instance", "eni"}) {
		t.Errorf("choices %v", d.Choices)
	}
	if d := doc("securityGroup.spec.rules"); d.Type != "list of mappings" || len(d.Fields) != 6 || !d.Fields[3].Required {
		t.Errorf("%+v", d)
	}
	if d := doc("vpc"); d.Path != "" || d.Description != "A virtual private cloud." || len(d.Fields) != 5 {
		t.Errorf("%+v", d)
	}
}

func TestFieldMisses(t *testing.T) {
	for path, want := range map[string]string{
		"enni.spec":          `there is no kind "enni": did you mean "ENI"?; Account, `,
		"eni.spec.gust":      `ENI.spec has no field "gust": did you mean "guest"?; subnet, `,
		"eni.sepc.guest":     `ENI has no field "sepc": did you mean "spec"?; apiVersion, `,
		"eni.guest.mtux":     `ENI.spec.guest has no field "mtux": did you mean "mtu"?; addressing, `,
		"eni.nothing":        `ENI.spec has no field "nothing"; subnet, `,
		"vpc.spec.cidr.bits": `VPC.spec.cidr has no fields: it is text`,
		"":                   `there is no kind ""; Account, `,
		"eni..guest":         `ENI.spec has no field ""; subnet, `,
	} {
		if _, err := Field(path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// TestEveryFieldIsTold holds that each field of each kind has a description and a
// type, however deep it is.
func TestEveryFieldIsTold(t *testing.T) {
	count := 0
	var visit func(path string)
	visit = func(path string) {
		d, err := Field(path)
		if err != nil || d.Type == "" || d.Description == "" {
			t.Errorf("%s: %+v, %v", path, d, err)
		}
		count++
		for _, f := range d.Fields {
			visit(string(f.Kind) + "." + f.Path)
		}
	}
	for _, kind := range Kinds() {
		visit(string(kind))
	}
	if count < 400 {
		t.Errorf("%d fields", count)
	}
}
