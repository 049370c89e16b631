package web

import (
	"encoding/json"
	"fmt"

	"enid/reconcile/store"
	"enid/schema"
)

// wireState is a store.State as it goes over the socket.
type wireState struct {
	Format    string               `json:"format"`
	Meta      store.Meta           `json:"meta"`
	Intents   []store.Intent       `json:"intents"`
	Holds     []store.Hold         `json:"holds"`
	Accepted  []store.Acceptance   `json:"accepted"`
	Confirmed []store.Confirmation `json:"confirmed,omitempty"`
	Resources []json.RawMessage    `json:"resources"`
}

// headOf answers everything of a state but its resources.
func headOf(s *store.State) wireState {
	return wireState{Format: "enid.resources/v1", Meta: s.Meta, Intents: s.Intents, Holds: s.Holds, Accepted: s.Accepted, Confirmed: s.Confirmed}
}

func (w *wireState) decode() (*store.State, error) {
	s := &store.State{Meta: w.Meta, Intents: w.Intents, Holds: w.Holds, Accepted: w.Accepted, Confirmed: w.Confirmed, Resources: make([]*schema.Resource, 0, len(w.Resources))}
	for _, doc := range w.Resources {
		r, err := schema.Decode(doc)
		if err != nil {
			return nil, fmt.Errorf("the daemon's state: %w", err)
		}
		s.Resources = append(s.Resources, r)
	}
	return s, nil
}
