package schema

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"subnet", "securityGroups", "privateIP", "web", "prod", "attachTo"}
	for got, want := range map[string]string{
		"subnets": "subnet", "subent": "subnet", "securityGroup": "securityGroups", "PrivateIp": "privateIP",
		"wbe": "web", "db": "", "attachto": "attachTo", "nothing": "", "": "",
	} {
		if near := Nearest(got, names); near != want {
			t.Errorf("%q: %q, want %q", got, near, want)
		}
	}
}
