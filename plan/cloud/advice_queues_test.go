package cloud

import (
	"strings"
	"testing"

	"enid/plan"
)

// Windows with several queues, or with a type of which nothing is known; one queue,
// another system and the other cloud are not told of drivers.
func TestAdviseQueuesOfWindows_mq_windows(t *testing.T) {
	cases := []struct {
		base, image, typ string
		told             bool
	}{
		{"alibaba", "windows-2016-64", "ecs.g5.xlarge", true},
		{"alibaba", "windows-2016-64", "ecs.none.large", true},
		{"alibaba", "windows-2016-64", "ecs.c4.2xlarge", false},
		{"alibaba", "centos-7.2-64", "ecs.g5.xlarge", false},
		{"aws", "windows-2016-64", "m5.large", false},
	}
	for _, c := range cases {
		files := "kind: Instance\nmetadata: {name: i}\nspec: {type: " + c.typ + ", image: " + c.image + ", subnet: a, securityGroups: [web]}\n"
		v := plan.NewView(World(documents(t, "state.yaml", base(t, c.base), "")), World(documents(t, "files.yaml", base(t, c.base), files)), benchTime)
		told := false
		for _, a := range Advise(v, []plan.Ref{instanceRef("i")}) {
			told = told || a.Rule == "mq.windows" && strings.Contains(a.Detail, "Device Manager")
		}
		if told != c.told {
			t.Errorf("%+v: told %v", c, told)
		}
	}
}
