package schema

import "embed"

//go:embed examples/*.yaml
var exampleFiles embed.FS

// Example answers a small topology that is complete in itself, with a resource of
// that kind and all that it needs, as YAML; nil where there is no such kind. It
// has no findings, advice included.
func Example(kind Kind) []byte {
	data, err := exampleFiles.ReadFile("examples/" + string(kind) + ".yaml")
	if err != nil {
		return nil
	}
	return data
}
