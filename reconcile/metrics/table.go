package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is a metric's type, as Prometheus names it.
type Kind string

// The kinds.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric is one metric that enid exposes.
type Metric struct {
	Name string
	Kind Kind
	Help string
	// Labels have the values that Values says, in the same order.
	Labels, Values []string
	Buckets        []float64 // of a histogram, in its unit
}

// The names, each with its row in Table.
const (
	turns             = "enid_turns_total"
	turnSeconds       = "enid_turn_duration_seconds"
	phaseSeconds      = "enid_phase_seconds_total"
	lastTurn          = "enid_last_turn_timestamp_seconds"
	commitToConverged = "enid_commit_to_converged_seconds"
	seenToConverged   = "enid_seen_to_converged_seconds"
	eventToRepair     = "enid_event_to_repair_seconds"
	steps             = "enid_steps_total"
	stepsPending      = "enid_steps_pending"
	stepsBlocked      = "enid_steps_blocked"
	rulesBlocking     = "enid_rule_blocked_steps"
	driftHealed       = "enid_drift_healed_steps_total"
	resourcesDrifted  = "enid_resources_drifted"
	sourceCondition   = "enid_source_condition"
	condition         = "enid_condition"
	hostCondition     = "enid_host_condition"
	hostENI           = "enid_host_eni_condition"
	hostMissing       = "enid_host_awaited"
	appliedSerial     = "enid_applied_serial"
	appliedAt         = "enid_applied_timestamp_seconds"
	inSync            = "enid_in_sync"
	webhooks          = "enid_webhook_requests_total"
	notifications     = "enid_notifications_total"
	notificationsLeft = "enid_notifications_queued"
	buildInfo         = "enid_build_info"
)

// Parts of what enid keeps.
const (
	cloudPart = "cloud"
	hostPart  = "host"
)

const partValues = "`cloud`, `host`"

// Table answers all metrics of enid's own, in the order of their documentation.
func Table() []Metric { return slices.Concat(loopTable, worldTable, edgeTable) }

// fromCommit spans a local commit that is applied at once, and one that waits for a
// maintenance window of the next day.
var fromCommit = []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, 24 * 3600}

var loopTable = []Metric{
	{Name: turns, Kind: Counter, Labels: []string{"outcome"}, Values: []string{"`done`, `blocked`, `failed` (a step was refused), `held` (the source's condition is not `Ready`), `suspended`, `error`"},
		Help: "Turns of the loop that ended, by outcome."},
	{Name: turnSeconds, Kind: Histogram, Labels: []string{"part"}, Values: []string{"`turn`, `repair` (of this host alone, between two polls)"},
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 10), Help: "How long turns of the loop took."},
	{Name: phaseSeconds, Kind: Counter, Labels: []string{"phase"}, Values: []string{"`fetch` (ask the source, bring and read what is new), `load` (parse what changed, join, validate), " +
		"`plan` (observe, plan, check the plan), `do` (the cloud's steps, with what they wait for), `record` (compare with the files, write the state), `host`"},
		Help: "Time that the loop has spent in each phase of its turns and repairs."},
	{Name: lastTurn, Kind: Gauge, Help: "When the loop last came round."},
	{Name: commitToConverged, Kind: Histogram, Buckets: fromCommit,
		Help: "From a commit's time until all of it was applied and this host converged, for revisions that became so."},
	{Name: seenToConverged, Kind: Histogram, Buckets: fromCommit,
		Help: "From the beginning of the first turn that read a revision until all of it was applied and this host converged."},
	{Name: eventToRepair, Kind: Histogram, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		Help: "From the kernel's event of a change on this host until it was put back."},
	{Name: steps, Kind: Counter, Labels: []string{"part", "operation", "result"},
		Values: []string{partValues, "an operation's name (`docs/operations.md`)", "`done`, `failed`, `left` (it could no longer run); of `host` only `done`"},
		Help:   "Steps that were done, failed, or were left out."},
	{Name: driftHealed, Kind: Counter, Labels: []string{"part"}, Values: []string{partValues},
		Help: "Steps done for what had been applied before: what others changed, and in the cloud what had been blocked."},
	{Name: inSync, Kind: Gauge, Help: "1 where everything is as the newest revision says, and known; else 0."},
	{Name: appliedSerial, Kind: Gauge, Help: "The state's serial: how many revisions something was done for."},
	{Name: appliedAt, Kind: Gauge, Help: "When the revision in force was applied."},
}

var worldTable = []Metric{
	{Name: sourceCondition, Kind: Gauge, Labels: []string{"condition"}, Values: []string{"those of `source.condition`"},
		Help: "1 for the condition that the source is in, 0 for the others."},
	{Name: condition, Kind: Gauge, Labels: []string{"type", "status"}, Values: []string{"those of the status's `conditions`", "`True`, `False`, `Unknown`"},
		Help: "1 for what each condition of the status is, 0 for what it is not."},
	{Name: stepsPending, Kind: Gauge, Help: "Steps of the newest plan that can run and have not."},
	{Name: stepsBlocked, Kind: Gauge, Labels: []string{"part"}, Values: []string{partValues}, Help: "Steps that rules block."},
	{Name: rulesBlocking, Kind: Gauge, Labels: []string{"part", "rule"}, Values: []string{partValues, "a rule's id (`docs/rules.md`)"},
		Help: "Steps that a rule blocks, for each rule that blocks any; one that several block counts under each."},
	{Name: resourcesDrifted, Kind: Gauge, Help: "Resources that differ from the revision that is applied."},
	{Name: hostCondition, Kind: Gauge, Labels: []string{"condition"}, Values: []string{"those of `host.condition`"},
		Help: "1 for the condition that this host is in, 0 for the others; absent without --host."},
	{Name: hostENI, Kind: Gauge, Labels: []string{"eni", "condition"}, Values: []string{"an ENI's name, the first 64 of this host", "those of `host.condition`"},
		Help: "1 for how this host stands to each of its secondary ENIs, 0 for the other conditions."},
	{Name: hostMissing, Kind: Gauge, Help: "NICs and disks that this host waits for."},
}

var edgeTable = []Metric{
	{Name: webhooks, Kind: Counter, Labels: []string{"result"}, Values: []string{"`accepted`, `coalesced` (into the hint of another), `unsigned` (refused), `unknown` (of no forge), `oversized`"},
		Help: "Requests to /webhook."},
	{Name: notifications, Kind: Counter, Labels: []string{"to", "result"}, Values: []string{"`url`, `commit-status`", "`sent`, `retried`, `dropped`"},
		Help: "Deliveries of notifications that were tried, and those given up."},
	{Name: notificationsLeft, Kind: Gauge, Labels: []string{"to"}, Values: []string{"`url`, `commit-status`"}, Help: "Notifications that wait to be delivered."},
	{Name: buildInfo, Kind: Gauge, Labels: []string{"version", "goversion"}, Values: []string{"as `enid version`", "Go's"},
		Help: "Always 1; its labels say which enid this is."},
}
