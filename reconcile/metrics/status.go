package metrics

import "enid/reconcile"

// setter sets a gauge.
type setter func(name string, value float64, labels ...string)

// status sets the gauges that the status tells.
func (m *Metrics) status(set setter, s reconcile.Status) {
	oneHot(set, sourceCondition, reconcile.Conditions(), s.Source.Condition)
	for _, c := range s.Conditions {
		oneHot(set, condition, []string{"True", "False", "Unknown"}, c.Status, c.Type)
	}
	set(stepsPending, float64(s.Pending))
	set(stepsBlocked, float64(s.Blocked), cloudPart)
	set(resourcesDrifted, float64(s.Drifted))
	set(inSync, flag(s.InSync()))
	set(appliedSerial, float64(s.Applied.Serial))
	set(appliedAt, seconds(s.Applied.At))
	if s.Host != nil {
		oneHot(set, hostCondition, reconcile.HostConditions(), s.Host.Condition)
		set(hostMissing, float64(len(s.Host.WaitingFor)))
	}
}

// oneHot sets 1 for what is so, and 0 for what else could be; the last label is it.
func oneHot[T ~string](set setter, name string, all []T, is T, labels ...string) {
	for _, v := range all {
		set(name, flag(v == is), append(labels[:len(labels):len(labels)], string(v))...)
	}
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
