package cloud

// The rules that are enid's own.
const (
	ruleObserveOnly = "plan.observe-only"
	ruleDelete      = "delete.unreferenced"
)

// The order in which differences are served, where they do not wait for each
// other anyway. What frees something is waited for by what needs it, so the
// ranks decide only between steps that could run in either order.
const (
	rankCreateNetwork  = 10 // first what others live in
	rankCreateGroup    = 12 // groups without rules, so that rules may name one another
	rankAuthorize      = 14 // grants before anything relies on them
	rankReserve        = 16 // reservations before addresses are handed out
	rankCreateKeyPair  = 17
	rankSnapshot       = 18 // snapshots and images before anything changes what they keep
	rankCreateInstance = 20
	rankCreateVolume   = 22
	rankCreateENI      = 24 // declared addresses first, then those that the cloud chooses (Order)
	rankCreateLink     = 26 // what joins others, or is reached through them
	rankUnassign       = 30 // what is given back is free for what follows
	rankAssign         = 32
	rankModify         = 34
	rankBilling        = 35 // after what the old method still allows; what the new one allows waits for it
	rankChangeStopped  = 36 // all changes that want an instance stopped, together
	rankDetach         = 40 // devices and slots are freed before they are taken
	rankAttach         = 42
	rankUnbind         = 50
	rankAllocate       = 52
	rankBind           = 54
	rankDeleteLink     = 58 // what joins goes before what it joins
	rankDeleteENI      = 60 // what leaves goes when all that stays is in place
	rankRelease        = 62
	rankDeleteInstance = 64
	rankDeleteVolume   = 65 // after instances, with which some go
	rankRevoke         = 66 // grants go after what relied on them
	rankUnreserve      = 68
	rankDeleteGroup    = 70
	rankDeleteNetwork  = 72
	rankDeleteStored   = 74 // copies of data go last of all
	rankRelocate       = 88 // a start as well, for its own reason
	rankPower          = 90 // last: stopped once, however many changes waited for it
	rankRegister       = 94 // what runs takes traffic
	rankDeregister     = 96 // after what takes its place was registered
)
