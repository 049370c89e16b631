package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"enid/schema"
)

// GitHub refuses a run of more than 25,000 results, and more than 10 MB
// compressed. What compresses badly is text from the tree.
const (
	maxResults    = 25_000
	maxResultText = 6 << 20 // bytes of messages and paths together
)

// SARIF writes annotations as a SARIF 2.1.0 log of one run. The rules that occur
// are described by rule, which answers one of the catalogue; version is enid's.
func SARIF(w io.Writer, list []Annotation, version string, rule func(id string) (schema.Rule, bool)) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "enid", Version: version, Rules: []sarifRule{}}},
		ColumnKind: "utf16CodeUnits",
		Invocation: []sarifInvocation{{Successful: true}},
		Results:    []sarifResult{},
	}
	if len(list) > maxResults {
		list = slices.Clone(list)
		slices.SortStableFunc(list, errorsFirst)
	}
	index, nth, text := map[string]int{}, map[string]int{}, 0
	for i, a := range list {
		r := sarifResultOf(a)
		text += len(r.Message.Text) + len(a.Pos.File)
		if i >= maxResults || text > maxResultText {
			run.Invocation[0].Notifications = []sarifNotification{{Level: "warning", Message: sarifText{fmt.Sprintf(
				"%d of %d findings are left out, errors last: code scanning takes no more; `enid validate` prints all", len(list)-i, len(list))}}}
			break
		}
		at, known := index[r.RuleID]
		if !known {
			at = len(run.Tool.Driver.Rules)
			index[r.RuleID] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r.RuleID, rule))
		}
		r.RuleIndex = at
		key := fingerprint(a)
		nth[key]++
		r.Fingerprints = map[string]string{"primaryLocationLineHash": fmt.Sprintf("%s:%d", key, nth[key])}
		run.Results = append(run.Results, r)
	}
	return JSON(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// fingerprint is what makes a finding the same after lines moved: rule, file,
// resource and field, or where there is no resource what is said, without
// numbers. It is not of the line's text, which may be a secret's.
func fingerprint(a Annotation) string {
	parts := []string{a.rule(), a.Pos.File, a.Ref.String(), a.Path}
	if a.Ref.IsZero() && a.Path == "" {
		parts = append(parts, strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, a.Message))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func sarifResultOf(a Annotation) sarifResult {
	level := "error"
	if a.Advice {
		level = "warning"
	}
	return sarifResult{
		RuleID: a.rule(), Level: level,
		Message: sarifText{plainMessage(a.text())},
		Locations: []sarifLocation{{sarifPhysical{
			artifactOf(a.Pos.File), sarifRegion{a.Pos.Line, a.Pos.Column, a.End},
		}}},
	}
}

// plainMessage answers a text in which SARIF's readers see no link.
func plainMessage(s string) string { return strings.ReplaceAll(s, "](", "] (") }

// artifactOf is a file below the repository's top, or one elsewhere. A colon is
// escaped, for a name's first part would pass for a URI's scheme.
func artifactOf(file string) sarifArtifact {
	escaped := strings.ReplaceAll((&url.URL{Path: file}).EscapedPath(), ":", "%3A")
	if path.IsAbs(file) {
		return sarifArtifact{URI: "file://" + escaped}
	}
	return sarifArtifact{URI: escaped, Base: "%SRCROOT%"}
}

func sarifRuleOf(id string, rule func(string) (schema.Rule, bool)) sarifRule {
	r, known := rule(id)
	if !known {
		r = schema.Rule{ID: id, Class: schema.ClassInvalid, Cloud: "any",
			Text: "A file is YAML or JSON, and each document in it says only what the schema of its kind allows. `enid schema KIND` prints the schema, `enid explain KIND` describes its fields."}
	}
	level, severity := "error", "error"
	if r.Class == schema.ClassAdvice {
		level, severity = "warning", "recommendation"
	}
	help := r.Text
	if r.Note != "" {
		help += "\n\n" + r.Note
	}
	if r.Source != "" {
		help += "\n\nSource: " + r.Source + "."
	}
	if known {
		help += "\n\n`enid explain " + id + "` says more."
	}
	short := r.Text
	if end := strings.Index(short, ". "); end > 0 {
		short = short[:end+1]
	}
	return sarifRule{
		ID: id, Short: sarifText{plainMessage(short)}, Full: sarifText{plainMessage(r.Text)}, Help: sarifText{plainMessage(help)},
		Default:    sarifConfiguration{level},
		Properties: sarifProperties{Tags: []string{string(r.Class), r.Cloud}, Severity: severity},
	}
}
