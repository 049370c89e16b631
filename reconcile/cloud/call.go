package cloud

import (
	"fmt"
	"net/netip"
	"time"

	"enid/schema"
)

// Call is one operation of a cloud's API on one target.
type Call struct {
	Op        string // id of the operation's row: eni.attach
	Operation string // the cloud API's own name: AttachNetworkInterface
	Target    schema.Ref
	// Item is the part of the target that the call is about, where it is about
	// one: the instance of a volume's attachment, a target of a target group.
	Item string
	// Want is the target as the files want it; nil where it left them.
	Want *schema.Resource
	// Account is the Account in which the call is made; it decides which cloud
	// that is. Nil: the target's own account, as it was applied.
	Account *schema.Resource
	At      time.Time
	// KeptAddress and KeptIndex report what the files declare for others, which
	// the driver leaves alone where it chooses by itself. Nil: nothing is kept.
	KeptAddress func(netip.Addr) bool
	KeptIndex   func(instance string, index int) bool
}

// Changes is how resources are now, after a call or since the last look.
type Changes struct {
	Put    []*schema.Resource // spec as applied, and status; each once
	Delete []schema.Ref       // those that are gone
	// Next is when something will have changed by itself: a phase ends. Zero:
	// nothing that ends by itself is under way.
	Next time.Time
}

// Empty reports whether nothing has changed.
func (c Changes) Empty() bool { return len(c.Put)+len(c.Delete) == 0 }

// APIError is a refusal, as the clouds' APIs give it.
type APIError struct {
	Code    string // InvalidOperation.InvalidEniState
	Message string
	Status  int // HTTP status; 5xx and 429 may pass by themselves
}

// Error answers code and message.
func (e *APIError) Error() string { return e.Code + ": " + e.Message }

// codes is one refusal's code on each cloud.
type codes struct{ alibaba, aws string }

// onAWS is the code of a refusal, or the beginning of an id, of what AWS alone has.
func onAWS(code string) codes { return codes{code, code} }

// status answers the HTTP status that the documentation gives for a code.
func status(code string) int {
	switch code {
	case "AllocatedAlready", "AttachmentLimitExceeded", "ChargeTypeViolation", "EniPerInstanceLimitExceeded",
		"IncorrectInstanceStatus", "InvalidEndTime.OperateNotSupport", "InvalidInstance.EipNotSupport",
		"InvalidInstanceId.PlanedChange", "InvalidIp.IpRepeated", "InvalidOperation.AvailabilityZoneMismatch",
		"InvalidOperation.Ipv4CountExceeded", "InvalidOperation.Ipv6CountExceeded", "InvalidVSwitch.Ipv6NotTurnOn", "InvalidOperation.VpcMismatch", "InvalidSecurityGroupId.NotVpc",
		"InvalidVSwitchId.IpInvalid", "InvalidVSwitchId.IpNotEnough", "MaxEniCountExceeded", "OperationDenied",
		"SecurityGroupInstanceLimitExceed", "InvalidStatus.InstanceStatus", "QuotaExceeded", "InvalidInstanceId.LimitedRegion",
		"InvalidParameter.InvalidInstanceIdAndVpcId":
		return 403
	case "InvalidEcsId.NotFound", "InvalidEniId.NotFound", "InvalidInstanceId.NotFound", "InvalidSecurityGroupId.NotFound",
		"InvalidVSwitchId.NotFound", "InvalidVpcId.NotFound", "InvalidAllocationId.NotFound":
		return 404
	case "ServiceUnavailable", "Unavailable":
		return 503
	case "InternalError":
		return 500
	case "Throttling", "RequestLimitExceeded":
		return 429
	}
	return 400
}

// refuse answers the refusal under the code of the target's cloud.
func (e *edit) refuse(c codes, format string, args ...any) error {
	code := c.alibaba
	if e.provider == schema.AWS {
		code = c.aws
	}
	return &APIError{Code: code, Message: fmt.Sprintf(format, args...), Status: status(code)}
}

// The refusals that several operations share.
var (
	noInstance    = codes{"InvalidInstanceId.NotFound", "InvalidInstanceID.NotFound"}
	noEcs         = codes{"InvalidEcsId.NotFound", "InvalidInstanceID.NotFound"}
	noENI         = codes{"InvalidEniId.NotFound", "InvalidNetworkInterfaceID.NotFound"}
	noSubnet      = codes{"InvalidVSwitchId.NotFound", "InvalidSubnetID.NotFound"}
	noVPC         = codes{"InvalidVpcId.NotFound", "InvalidVpcID.NotFound"}
	noGroup       = codes{"InvalidSecurityGroupId.NotFound", "InvalidGroup.NotFound"}
	noEIP         = codes{"InvalidAllocationId.NotFound", "InvalidAllocationID.NotFound"}
	instanceState = codes{"IncorrectInstanceStatus", "IncorrectInstanceState"}
	ecsState      = codes{"InvalidOperation.InvalidEcsState", "IncorrectInstanceState"}
	eniState      = codes{"InvalidOperation.InvalidEniState", "IncorrectState"}
	eipState      = codes{"IncorrectEipStatus", "Resource.AlreadyAssociated"}
	inUse         = codes{"DependencyViolation", "DependencyViolation"}
	conflict      = codes{"Operation.Conflict", "IncorrectState"}
	unsupported   = codes{"OperationDenied", "UnsupportedOperation"}
	denied        = codes{"OperationDenied", "OperationNotPermitted"}
	badParameter  = codes{"InvalidParameter", "InvalidParameterValue"}
	noIPv6        = codes{"InvalidVSwitch.Ipv6NotTurnOn", "InvalidParameterValue"}
	outsideVPC    = codes{"InvalidCidrBlock.Malformed", "InvalidSubnet.Range"}
	overlapping   = codes{"InvalidCidrBlock.Overlapped", "InvalidSubnet.Conflict"}
)
