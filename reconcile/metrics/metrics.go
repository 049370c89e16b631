package metrics

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"enid/reconcile"
)

// Metrics are those of one daemon. Turned and Progress are for the loop's Config.
type Metrics struct {
	registry   *prometheus.Registry
	counters   map[string]*prometheus.CounterVec
	histograms map[string]*prometheus.HistogramVec
	gauges     map[string]*prometheus.Desc

	mu   sync.Mutex
	loop func() (reconcile.Status, time.Time) // nil: not known yet
	left map[string]func() int                // notifications that wait, by where they go
	now  now
}

// New answers metrics that count nothing yet, of an enid of that version.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), counters: map[string]*prometheus.CounterVec{},
		histograms: map[string]*prometheus.HistogramVec{}, gauges: map[string]*prometheus.Desc{}, left: map[string]func() int{}}
	for _, t := range Table() {
		switch t.Kind {
		case Counter:
			m.counters[t.Name] = prometheus.NewCounterVec(prometheus.CounterOpts{Name: t.Name, Help: t.Help}, t.Labels)
			m.registry.MustRegister(m.counters[t.Name])
		case Histogram:
			m.histograms[t.Name] = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: t.Name, Help: t.Help, Buckets: t.Buckets}, t.Labels)
			m.registry.MustRegister(m.histograms[t.Name])
		case Gauge:
			m.gauges[t.Name] = prometheus.NewDesc(t.Name, t.Help, t.Labels, nil)
		}
	}
	m.registry.MustRegister(reading{m, version}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// begin counts zero of what is known to be counted, so that the first of them is an
// increase.
func (m *Metrics) begin() {
	for _, outcome := range []string{"done", "blocked", "failed", "held", "suspended", "error"} {
		m.counters[turns].WithLabelValues(outcome)
	}
	for _, part := range []string{cloudPart, hostPart} {
		m.counters[driftHealed].WithLabelValues(part)
	}
	for _, part := range []string{"turn", "repair"} {
		m.histograms[turnSeconds].WithLabelValues(part)
	}
	for _, phase := range reconcile.Phases() {
		m.counters[phaseSeconds].WithLabelValues(string(phase))
	}
	for _, name := range []string{commitToConverged, seenToConverged, eventToRepair} {
		m.histograms[name].WithLabelValues()
	}
	for _, result := range []string{"accepted", "coalesced", "unsigned", "unknown", "oversized"} {
		m.counters[webhooks].WithLabelValues(result)
	}
}

// Follow has the gauges say what the loop's status says. What is in force already is
// not measured as a revision that comes into force.
func (m *Metrics) Follow(c *reconcile.Controller) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loop = func() (reconcile.Status, time.Time) { return c.Status(), c.Beat() }
	m.now.converged = c.Status().Applied.Revision
}

// Webhook counts a request to /webhook.
func (m *Metrics) Webhook(result string) { m.counters[webhooks].WithLabelValues(result).Inc() }

// Notified counts a delivery of a notification, or one that was given up.
func (m *Metrics) Notified(to, result string) {
	m.counters[notifications].WithLabelValues(to, result).Inc()
}

// Queue has a gauge say how many notifications wait for their delivery there.
func (m *Metrics) Queue(to string, left func() int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left[to] = left
	for _, result := range []string{"sent", "retried", "dropped"} {
		m.counters[notifications].WithLabelValues(to, result)
	}
}

// ServeHTTP answers all metrics in the format that the client asks for.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, DisableCompression: true}).ServeHTTP(w, r)
}

// reading is what is read when it is asked for.
type reading struct {
	*Metrics
	version string
}

// Describe names the gauges.
func (r reading) Describe(to chan<- *prometheus.Desc) {
	for _, d := range r.gauges {
		to <- d
	}
}

// Collect answers the gauges.
func (r reading) Collect(to chan<- prometheus.Metric) {
	set := func(name string, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(r.gauges[name], prometheus.GaugeValue, value, labels...)
	}
	set(buildInfo, 1, r.version, runtime.Version())
	r.mu.Lock()
	defer r.mu.Unlock()
	for where, left := range r.left {
		set(notificationsLeft, float64(left()), where)
	}
	if r.loop == nil {
		return
	}
	s, beat := r.loop()
	set(lastTurn, seconds(beat))
	r.status(set, s)
	r.now.collect(set, s.Host != nil)
}

// seconds answers a time as Prometheus counts it; 0 for none.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
