package schema

import (
	"reflect"
	"strings"
)

// jsonFields answers the JSON names of a struct's fields, embedded ones included.
func jsonFields(v any) (names []string) {
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				visit(f.Type)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	visit(reflect.TypeOf(v).Elem())
	return names
}
