package main

import (
	"bytes"
	"slices"
	"testing"

	queries "enid/plan/query"
	"enid/plan/render"
	"enid/schema"
)

// graphPicture answers the picture of examples/multi-eni in which its second ENI
// is new.
func graphPicture(t *testing.T) []byte {
	after, err := loadTopology(t.Context(), multiENI)
	if err != nil {
		t.Fatal(err)
	}
	before := schema.NewTopology(slices.DeleteFunc(slices.Clone(after.Resources()), func(r *schema.Resource) bool { return r.String() == "ENI/web-1-b" }))
	var b bytes.Buffer
	if err := render.SVG(&b, queries.Picture(before, after.Topology, queries.PictureOptions{})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
