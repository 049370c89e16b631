package cloud

import "enid/schema"

// Fault is one thing that goes wrong.
type Fault struct {
	Op     string     // id of the operation's row; empty: any
	Target schema.Ref // zero: any
	Times  int        // how often; 0: always
	// Code is the error code with which the call fails before anything has
	// changed; empty: it does not fail.
	Code string
	// Stay has the phase that the call begins stay until Release.
	Stay bool
}

type script struct{ faults []Fault }

// match answers a fault that concerns the call, used up by one; nil for none.
func (s *script) match(call Call, stay bool) *Fault {
	for i := range s.faults {
		f := &s.faults[i]
		if f.Times < 0 || f.Stay != stay || f.Op != "" && f.Op != call.Op || !f.Target.IsZero() && f.Target != call.Target {
			continue
		}
		switch f.Times {
		case 0: // always
		case 1:
			f.Times = -1 // used up
		default:
			f.Times--
		}
		return f
	}
	return nil
}

func (s *script) fails(call Call) string {
	if f := s.match(call, false); f != nil {
		return f.Code
	}
	return ""
}

func (s *script) stays(call Call) bool { return s.match(call, true) != nil }

// Release lets a phase end that the script had stay: Observe answers it next.
func (d *Driver) Release(ref schema.Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.memory.Get(ref); r != nil {
		d.begin(r, d.options.Now())
	}
}
