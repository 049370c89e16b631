package main

// matrixRule is the rule whose explanation shows the feature matrix.
const matrixRule = "classic.no-vpc-features"

// featureRow is a row of the table of document A 1: what a network of each type can do.
type featureRow struct {
	Feature string `json:"feature"`
	VPC     string `json:"vpc"`
	Classic string `json:"classic"`
	Note    string `json:"note,omitempty"`
}

// featureMatrix is that table, whole.
var featureMatrix = []featureRow{
	{Feature: "isolation on layer 2", VPC: "yes", Classic: "no"},
	{Feature: "private address blocks of one's own", VPC: "yes", Classic: "no"},
	{Feature: "private addresses are unique", VPC: "within the VPC; another may repeat them", Classic: "over the whole classic network"},
	{Feature: "private communication", VPC: "within the VPC; VPCs are apart", Classic: "within a region and an account"},
	{Feature: "tunnels", VPC: "yes", Classic: "no"},
	{Feature: "a router of one's own", VPC: "yes", Classic: "no"},
	{Feature: "routing tables", VPC: "yes", Classic: "no"},
	{Feature: "switches", VPC: "yes", Classic: "no"},
	{Feature: "software-defined networking", VPC: "yes", Classic: "no"},
	{Feature: "a NAT gateway built by oneself", VPC: "yes", Classic: "no"},
	{Feature: "a NAS built by oneself", VPC: "yes", Classic: "no",
		Note: "The cloud's English page has VPN in this place."},
}

func writeMatrix(p *paper, rows []featureRow) {
	p.heading("What each type of network can do (A 1):")
	table := [][]string{{"FEATURE", "VPC", "CLASSIC"}}
	for _, row := range rows {
		table = append(table, []string{row.Feature, row.VPC, row.Classic})
	}
	p.columns(table)
	for _, row := range rows {
		if row.Note != "" {
			p.labelled("", row.Feature+": "+row.Note)
		}
	}
}
