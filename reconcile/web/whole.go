package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"enid/plan"
	"enid/schema"
)

// readings is how many may have the state read for them at a time: that of a large
// network is some hundred megabytes. The others wait.
const readings = 2

// since tells the tags of one process from those of another, which may write the same
// differently.
var since = strconv.FormatInt(time.Now().UnixNano(), 36)

// resources answers the state whole: it is one snapshot, or it is none.
func resources(d Daemon) http.HandlerFunc {
	seats := make(chan struct{}, readings)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		at := func(epoch uint64) string { return tag(fmt.Sprintf("%s-%d", since, epoch)) }
		if has(w, r, at(d.Meta().Epoch)) {
			return
		}
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
		case <-r.Context().Done():
			return
		}
		state, err := d.Load(r.Context())
		if err != nil {
			w.Header().Del("ETag")
			answer(w, nil, err)
			return
		}
		w.Header().Set("ETag", at(state.Meta.Epoch)) // it may be a newer one by now
		head := struct {
			wireState
			Resources *int `json:"resources,omitempty"` // takes the place of the state's
		}{wireState: headOf(state)}
		write(w, head, "resources", len(state.Resources), func(i int) ([]byte, error) { return schema.Encode(state.Resources[i]) })
	}
}

// newest answers the newest plan, whole: part of a plan is no plan.
func newest(d Daemon) http.HandlerFunc {
	var mu sync.Mutex
	var last *plan.Plan
	var count int // of the plans that were another than the one before
	return func(w http.ResponseWriter, r *http.Request) {
		p := d.LastPlan()
		mu.Lock()
		if p != last {
			last, count = p, count+1
		}
		tagged := tag(fmt.Sprintf("%s-%d", since, count))
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if has(w, r, tagged) {
			return
		}
		if p == nil {
			p = &plan.Plan{Format: plan.Format, Advice: []plan.Advice{}}
		}
		head := struct {
			*plan.Plan
			Steps *int `json:"steps,omitempty"` // takes the place of the plan's
		}{Plan: p}
		write(w, head, "steps", len(p.Steps), func(i int) ([]byte, error) { return json.Marshal(p.Steps[i]) })
	}
}

// write writes an object, and as its last field a list that never stands in memory as
// text. What breaks off is no JSON.
func write(to io.Writer, head any, field string, n int, element func(int) ([]byte, error)) {
	text, err := json.Marshal(head)
	w := bufio.NewWriterSize(to, 64<<10)
	if err == nil {
		fmt.Fprintf(w, "%s,%q:[", text[:len(text)-1], field)
	}
	for i := 0; i < n && err == nil; i++ {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		if text, err = element(i); err == nil {
			_, err = w.Write(text) // of a client that went away
		}
	}
	if err == nil {
		_, _ = w.WriteString("]}\n")
	}
	_ = w.Flush()
}
