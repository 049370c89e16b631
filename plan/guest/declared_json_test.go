package guest

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// What is asked of a machine is a value: as JSON it can be kept, compared, and asked
// again.
func TestHostAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, err := Declared(drawState(t).world(), "web-1")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(was)
		if err != nil {
			t.Fatal(err)
		}
		var is Host
		if err := json.Unmarshal(text, &is); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(is); !reflect.DeepEqual(was, &is) || string(again) != string(text) {
			t.Fatalf("was %+v\n is %+v\n%s", was, is, text)
		}
	})
}
