package schema

import (
	"fmt"
	"strings"
)

// String answers the rule as a person says it: "allow tcp 443 from 0.0.0.0/0".
func (r SecurityRule) String() string {
	words := []string{r.Action, r.Protocol}
	if r.Ports != "" {
		words = append(words, r.Ports)
	}
	way := "from"
	if r.Direction == "egress" {
		way = "to"
	}
	words = append(words, way, r.Peer.String())
	if r.Priority > 1 {
		words = append(words, fmt.Sprintf("priority %d", r.Priority))
	}
	return strings.Join(words, " ")
}

// String answers the CIDR, or the group and, where it is another's, its account.
func (p Peer) String() string {
	switch {
	case p.SecurityGroup == "":
		return p.CIDR.String()
	case p.Account != "":
		return Ref{KindSecurityGroup, p.SecurityGroup}.String() + " of " + Ref{KindAccount, p.Account}.String()
	}
	return Ref{KindSecurityGroup, p.SecurityGroup}.String()
}

// String answers where a binding leads: Instance/web-1, or ENI/web-1-b 10.0.0.20.
func (b *Binding) String() string {
	switch {
	case b.Instance != "":
		return Ref{KindInstance, b.Instance}.String()
	case b.PrivateIP.IsValid():
		return Ref{KindENI, b.ENI}.String() + " " + b.PrivateIP.String()
	}
	return Ref{KindENI, b.ENI}.String()
}
