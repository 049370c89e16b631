package schema

import "reflect"

// jsonFields answers a struct's fields as JSON has them, embedded ones included.
func jsonFields(t reflect.Type) (fields []reflect.StructField) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			fields = append(fields, jsonFields(f.Type)...)
		} else {
			fields = append(fields, f)
		}
	}
	return fields
}
