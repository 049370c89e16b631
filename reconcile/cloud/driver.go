package cloud

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"enid/schema"
)

// Options are how the state-only driver behaves. The zero value settles at once
// and refuses only what the clouds would.
type Options struct {
	// Settle is how long a transitional phase lasts; 0: it is over at once.
	Settle time.Duration
	// Now is the clock for settling; nil: time.Now.
	Now func() time.Time
	// Script is what goes wrong, for rehearsals and tests.
	Script []Fault
}

// Driver is state only: no cloud API was called, whatever it answers. Its
// methods may be called by several goroutines at once.
type Driver struct {
	mu      sync.Mutex
	options Options
	memory  *memory
	underway
	script
}

// New answers a driver for the resources of a state. Transitional phases among
// them stay as they are, unless phases take time here: then they end as if they
// had begun now.
func New(resources []*schema.Resource, o Options) *Driver {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Driver{options: o, script: script{faults: slices.Clone(o.Script)}}
	d.underway.due = map[schema.Ref]time.Time{}
	d.memory = newMemory(resources)
	for _, r := range resources {
		d.resume(r)
	}
	return d
}

// Know takes over what became of resources without a call: what was recorded of
// them, or, where a call's changes could not be made durable, what they still are.
func (d *Driver) Know(c Changes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range c.Put {
		d.memory.put(r)
		d.resume(r)
	}
	for _, ref := range c.Delete {
		d.memory.delete(ref)
		delete(d.due, ref)
	}
}

// String says what the driver is.
func (d *Driver) String() string { return "state only: no cloud API was called" }

// StateOnly reports that the state is the only truth: a call whose changes are
// lost was never made.
func (d *Driver) StateOnly() bool { return true }

// Do makes the call, and answers how resources are after it. An error is an
// *APIError where the cloud would refuse, and nothing has changed then. The phase
// that a call begins may still be under way: see Changes.Next.
func (d *Driver) Do(ctx context.Context, call Call) (Changes, error) {
	if err := ctx.Err(); err != nil {
		return Changes{}, fmt.Errorf("%s %s: %w", call.Operation, call.Target, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	do := operations[call.Op]
	if do == nil {
		return Changes{}, fmt.Errorf("%s %s: there is no operation %q", call.Operation, call.Target, call.Op)
	}
	if call.Account != nil && d.memory.Get(call.Account.Ref) != call.Account {
		d.memory.put(call.Account)
	}
	if code := d.fails(call); code != "" {
		return Changes{}, &APIError{Code: code, Message: "the script says so", Status: status(code)}
	}
	e := d.edit(call)
	if err := do(e); err != nil {
		return Changes{}, err
	}
	d.apply(e)
	return d.answer(e), nil
}

// Observe answers how resources have changed by themselves since they were last
// answered: phases that have ended.
func (d *Driver) Observe(ctx context.Context) (Changes, error) {
	if err := ctx.Err(); err != nil {
		return Changes{}, fmt.Errorf("observe: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settle(d.options.Now()), nil
}

// operations are the rows of the clouds' operations, by their ids.
var operations = map[string]func(*edit) error{
	"vpc.create":                   (*edit).createVPC,
	"vpc.delete":                   (*edit).deleteUnused,
	"vpc.associate-ipv6":           (*edit).associateVPC,
	"vpc.disassociate-ipv6":        (*edit).disassociateVPC,
	"subnet.create":                (*edit).createSubnet,
	"subnet.delete":                (*edit).deleteUnused,
	"subnet.associate-ipv6":        (*edit).associateSubnet,
	"subnet.disassociate-ipv6":     (*edit).disassociateSubnet,
	"subnet.reserve":               (*edit).reserve,
	"subnet.unreserve":             (*edit).unreserve,
	"group.create":                 (*edit).createGroup,
	"group.delete":                 (*edit).deleteUnused,
	"group.authorize-ingress":      authorize("ingress"),
	"group.authorize-egress":       authorize("egress"),
	"group.revoke-ingress":         revoke("ingress"),
	"group.revoke-egress":          revoke("egress"),
	"instance.create":              (*edit).createInstance,
	"instance.delete":              (*edit).deleteInstance,
	"instance.start":               (*edit).start,
	"instance.stop":                (*edit).stop,
	"instance.address":             (*edit).changeAddress,
	"instance.type":                (*edit).changeType,
	"instance.groups":              (*edit).changeGroups,
	"instance.protection":          (*edit).changeProtection,
	"instance.credits":             (*edit).changeCredits,
	"instance.user-data":           (*edit).changeUserData,
	"instance.iam-role":            (*edit).changeRole,
	"instance.public-ip-allocate":  (*edit).allocatePublicIP,
	"instance.public-ip-release":   (*edit).releasePublicIP,
	"instance.public-ip-change":    (*edit).changePublicIP,
	"instance.public-ip-bandwidth": (*edit).changePublicBandwidth,
	"eni.create":                   (*edit).createENI,
	"eni.delete":                   (*edit).deleteENI,
	"eni.attach":                   (*edit).attach,
	"eni.detach":                   (*edit).detach,
	"eni.modify":                   (*edit).modifyENI,
	"eni.assign":                   assign(ofIPv4),
	"eni.unassign":                 unassign(ofIPv4),
	"eni.assign-ipv6":              assign(ofIPv6),
	"eni.unassign-ipv6":            unassign(ofIPv6),
	"eip.allocate":                 (*edit).allocateEIP,
	"eip.release":                  (*edit).releaseEIP,
	"eip.bind":                     (*edit).bind,
	"eip.unbind":                   (*edit).unbind,
	"eip.bandwidth":                (*edit).changeBandwidth,
	"eip.convert":                  (*edit).convert,
	"instance.relocate":            (*edit).relocate,
	"instance.billing":             (*edit).changeBilling,
	"instance.root-volume":         (*edit).changeRootVolume,
	"instance.root-retention":      (*edit).changeRootRetention,
	"volume.create":                (*edit).createVolume,
	"volume.delete":                (*edit).deleteVolume,
	"volume.attach":                (*edit).attachVolume,
	"volume.detach":                (*edit).detachVolume,
	"volume.modify":                (*edit).modifyVolume,
	"volume.delete-on-termination": (*edit).changeDeleteOnTermination,
	"snapshot.create":              (*edit).createSnapshot,
	"snapshot.delete":              deletePlain(noSnapshot),
	"image.create":                 (*edit).createImage,
	"image.share":                  (*edit).shareImage,
	"image.delete":                 deletePlain(noImage),
	"key-pair.create":              (*edit).createKeyPair,
	"key-pair.delete":              deletePlain(noKeyPair),
	"target-group.create":          (*edit).createTargetGroup,
	"target-group.delete":          deletePlain(noTargetGroup),
	"target-group.register":        (*edit).register,
	"target-group.deregister":      (*edit).deregister,
	"peering.create":               (*edit).createPeering,
	"peering.delete":               deletePlain(noPeering),
	"classic-link.create":          (*edit).createClassicLink,
	"classic-link.delete":          (*edit).deleteClassicLink,
	"vpc-endpoint.create":          (*edit).createEndpoint,
	"vpc-endpoint.modify":          (*edit).modifyEndpoint,
	"vpc-endpoint.delete":          (*edit).deleteEndpoint,
	"traffic-mirror.create":        (*edit).createMirror,
	"traffic-mirror.delete":        deletePlain(noMirror),
}
