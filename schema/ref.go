package schema

import (
	"cmp"
	"fmt"
	"strings"
)

// Kind is the kind of a resource, as files write it (`kind: ENI`), or of an
// object on a host (`Route`).
type Kind string

// The kinds of apiVersion enid/v1.
const (
	KindAccount       Kind = "Account"
	KindVPC           Kind = "VPC"
	KindSubnet        Kind = "Subnet"
	KindSecurityGroup Kind = "SecurityGroup"
	KindInstance      Kind = "Instance"
	KindENI           Kind = "ENI"
	KindEIP           Kind = "EIP"
	KindTargetGroup   Kind = "TargetGroup"
	KindPeering       Kind = "Peering"
	KindClassicLink   Kind = "ClassicLink"
	KindVPCEndpoint   Kind = "VPCEndpoint"
	KindTrafficMirror Kind = "TrafficMirror"
	KindKeyPair       Kind = "KeyPair"
	KindImage         Kind = "Image"
	KindVolume        Kind = "Volume"
	KindSnapshot      Kind = "Snapshot"
	KindHost          Kind = "Host"
	KindPolicy        Kind = "Policy"
	KindApproval      Kind = "Approval"
)

// Ref names one resource: ENI/web-1-b. The zero Ref names none.
type Ref struct {
	Kind Kind
	Name string
}

// String answers KIND/NAME.
func (r Ref) String() string { return string(r.Kind) + "/" + r.Name }

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Compare orders references by kind, then name, both byte-wise.
func (r Ref) Compare(o Ref) int {
	if c := cmp.Compare(r.Kind, o.Kind); c != 0 {
		return c
	}
	return cmp.Compare(r.Name, o.Name)
}

// MarshalText answers KIND/NAME.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads KIND/NAME. The kind is not checked.
func (r *Ref) UnmarshalText(b []byte) error {
	kind, name, ok := strings.Cut(string(b), "/")
	if !ok || kind == "" || name == "" {
		return fmt.Errorf("%q is not KIND/NAME", b)
	}
	*r = Ref{Kind(kind), name}
	return nil
}

// Pos is a place in a file. Lines and columns (in bytes) count from 1; the zero
// Pos is no place.
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"-"`
}

// IsZero reports whether p is no place.
func (p Pos) IsZero() bool { return p == Pos{} }

// String answers FILE:LINE:COL.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }
