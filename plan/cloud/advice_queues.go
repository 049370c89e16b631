package cloud

import (
	"strings"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// queueRules are the rows of the catalogue about several queues of a NIC that a
// plan of the clouds can tell of. The host's own are plan/guest's.
var queueRules = []schema.Rule{
	{ID: "mq.windows", Class: schema.ClassAdvice, Cloud: "alibaba",
		Text:   "A Windows instance needs the driver of its NIC installed by hand before it uses several queues; the plan lists the documented steps.",
		Source: "A 5",
		Note:   "The source names one folder twice, differently: Win8/amd64 and Win8/admin64. Images of Windows Server 2012 and later need no driver any more (public)."},
}

// windowsQueues lists what is done by hand in a Windows guest, where its type has
// several queues or may have.
func (a *adviser) windowsQueues(ref plan.Ref, want *schema.InstanceSpec) {
	if t, known := tables.Lookup(string(schema.Alibaba), want.Type); known && t.Queues == 1 || !strings.HasPrefix(want.Image, "windows-") {
		return
	}
	a.advise("mq.windows", ref, "for several queues of its NICs: open a ticket for the driver package and download it; unpack it (Windows Server 2012 and 2016 use the folder Win8/amd64); "+
		"in the Device Manager, under Network adapters, update the driver of the Red Hat VirtIO Ethernet Adapter from there; restart Windows")
}
