package guest

import (
	"enid/plan"
	"enid/schema"
)

// The verbs of a host, which are the names of its operations.
const (
	SetChannels   = "SetChannels"
	SetRPS        = "SetRPS"
	SetXPS        = "SetXPS"
	SetLinkUp     = "SetLinkUp"
	SetMTU        = "SetMTU"
	SetSysctl     = "SetSysctl"
	AddAddress    = "AddAddress"
	AddRoute      = "AddRoute"
	ReplaceRoute  = "ReplaceRoute"
	AddRule       = "AddRule"
	DeleteRule    = "DeleteRule"
	DeleteRoute   = "DeleteRoute"
	SetPromote    = "SetPromoteSecondaries"
	DeleteAddress = "DeleteAddress"
	AcquireLease  = "AcquireLease"
	SetLifetime   = "SetLifetime"
	ReleaseLease  = "ReleaseLease"

	SetSocketFlows = "SetSocketFlows"
	SetQueueFlows  = "SetQueueFlows"
	SetService     = "SetService"
	GrowPartition  = "GrowPartition"
	GrowFileSystem = "GrowFileSystem"
	WriteFile      = "WriteFile"
	DeleteFile     = "DeleteFile"
)

// The order of differences. What is new is complete before what is old goes, and
// traffic is sent to a table only when the way out is there; removal goes the
// other way round.
//
//	1  SetChannels    first, since some drivers restart the NIC for it
//	2  SetRPS         growing the queues empties the masks of those that come back
//	3  SetXPS         as with RPS
//	4  SetSocketFlows the shares of the queues do nothing without it
//	5  SetQueueFlows
//	6  SetLinkUp      the kernel takes routes over links that are up only
//	7  SetMTU
//	8  SetSysctl      before addresses, which ARP would answer for by the wrong NIC
//	9  AcquireLease   a server is asked early: its answer takes a while
//	10 SetLifetime    an address that would vanish comes before one that is missing
//	11 AddAddress     before routes: without an address they would have no source
//	12 AddRoute       before the rules that look them up
//	13 AddRule        from here on traffic leaves by the ENI
//	14 DeleteRule     no traffic is sent to what goes next
//	15 DeleteRoute
//	16 DeleteAddress  late: the kernel flushes the routes of a link without one
//	17 ReleaseLease   others may get the address from then on
//	18 SetService     nothing waits for it
//	19 GrowPartition  after all of the network: it may take long
//	20 GrowFileSystem  into the partition
//	21 WriteFile      what the next boot makes of it, once it is so
//	22 DeleteFile
const (
	rankChannels = iota + 1
	rankRPS
	rankXPS
	rankSocketFlows
	rankQueueFlows
	rankLinkUp
	rankMTU
	rankSysctl
	rankAcquireLease
	rankLifetime
	rankAddAddress
	rankAddRoute
	rankAddRule
	rankDeleteRule
	rankDeleteRoute
	rankDeleteAddress
	rankReleaseLease
	rankService
	rankGrowPartition
	rankGrowFileSystem
	rankWriteFile
	rankDeleteFile
)

var domain = plan.NewDomain(plan.Domain{
	Operations: []*plan.Operation{
		setChannels, setRPS, setXPS, setSocketFlows, setQueueFlows, setLinkUp, setMTU, setSysctl, setPromote,
		acquireLease, releaseLease, setLifetime,
		addAddress, deleteAddress, addRoute, replaceRoute, deleteRoute, addRule, deleteRule,
		setService, growPartition, growFileSystem,
		writeFile, deleteFile,
	},
	Prefix:  "h",
	Index:   index,
	Compare: schema.Ref.Compare,
	Differs: differs,
	Spend:   func(*plan.World, plan.Ref, string) {}, // no Approval concerns a host
})

// Domain answers the operation table of the host. It holds no state.
func Domain() *plan.Domain { return domain }

// operation fills in what all operations of a host have in common: their name is
// their ID. typed is what a person would type for a step that leads from one object
// to another, either of which may be nil.
func operation(op plan.Operation, typed func(m Machine, from, to plan.Object) string) *plan.Operation {
	op.Name = func(*plan.View, plan.Ref) string { return op.ID }
	if op.Source == "" {
		op.Source = "A 4.4"
	}
	commands[op.ID] = typed
	return &op
}

// is answers the object of that type in the world, want answers it in the wanted
// world; ok where there is one.
func is[T any](v *plan.View, ref plan.Ref) (o T, ok bool) {
	o, ok = v.Get(ref).(T)
	return o, ok
}

func want[T any](v *plan.View, ref plan.Ref) (o T, ok bool) {
	o, ok = v.Want.Get(ref).(T)
	return o, ok
}

// appears and vanishes are the changes of a step that makes or removes an object.
func appears(path string) func(*plan.View, plan.Ref) []plan.Change {
	return func(_ *plan.View, ref plan.Ref) []plan.Change {
		return []plan.Change{{Path: path, From: nil, To: ref.Name}}
	}
}

func vanishes(path string) func(*plan.View, plan.Ref) []plan.Change {
	return func(_ *plan.View, ref plan.Ref) []plan.Change {
		return []plan.Change{{Path: path, From: ref.Name, To: nil}}
	}
}

// waitFor is the verdict of a requirement that other objects' steps serve.
func waitFor(ref plan.Ref, format string, args ...any) plan.Verdict {
	return plan.Fails("it follows when that is done", format, args...).Wait(ref)
}

// ok is the verdict that holds and says nothing.
func fine() plan.Verdict { return plan.Verdict{Holds: true} }
