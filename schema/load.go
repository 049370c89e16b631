package schema

import (
	"io/fs"
)

// Load reads and joins a whole topology: Paths, Parse of each, Join. Callers
// who want to read in parallel, or to keep what has not changed, do it themselves.
func Load(fsys fs.FS) (*Topology, []Finding) {
	paths, findings := Paths(fsys)
	files := make([]File, 0, len(paths))
	for _, name := range paths {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			findings = append(findings, Finding{Pos: Pos{name, 1, 1}, Message: "cannot be read: " + err.Error()})
			continue
		}
		files = append(files, Parse(name, data))
	}
	topology, more := Join(files)
	findings = append(findings, more...)
	SortFindings(findings)
	return topology, findings
}
