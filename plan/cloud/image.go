package cloud

import (
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// imageRules are the rows of the catalogue that this file is about.
var imageRules = []schema.Rule{
	{ID: "image.create.reboot", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "Creating an image reboots its instance, which is downtime, unless noReboot is set, which risks data.",
		Source: "B 02",
		Note:   "A stopped instance is not rebooted. With noReboot the integrity of the file system is not guaranteed."},
	{ID: "image.share", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "An image is shared with regions, with accounts, or with all accounts.",
		Source: "B 02",
		Note:   "A region gets a copy (CopyImage), accounts a permission (ModifyImageAttribute)."},
	{ID: "image.contents", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "An image holds the software and the EBS volumes of its instance, a snapshot a volume alone.",
		Source: "B 02, 03-02"},
	{ID: "image.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "The instance that an image is made of, its account and its region are fixed at its creation. An image that names no instance exists already: it is recorded without an operation, and forgotten when it leaves the files.",
		Source: "public",
		Note:   "os and rootDevice describe it; a changed description is recorded."},
}

func imageRef(name string) plan.Ref { return plan.Ref{Kind: schema.KindImage, Name: name} }

var deleteImageName = named("DeleteImage", "DeregisterImage")

var imageOperations = []*plan.Operation{
	{
		ID: "image.create", Name: named("CreateImage", "CreateImage"), Kind: schema.KindImage, Action: plan.Create,
		Rank: rankSnapshot, Gives: func(v *plan.View, target plan.Ref) bool {
			return creates(imageFixed)(v, target) && spec[*schema.ImageSpec](wanted(v, target)).FromInstance != ""
		},
		Changes: createChanges(imageFixed), Nature: imageNature,
		Requires: []plan.Requirement{
			absent("image.immutable", "image.delete"), referencesExist, imageSource,
			about(rebooted, notObserved), about(rebooted, downtimeAllowed(plan.RuleDowntime)), about(rebooted, downtimeAllowed(plan.RuleWindow)),
			about(rebooted, drained), about(rebooted, notSelf),
		},
		Effect: createImage, Takes: 10 * time.Minute, Source: "B 02",
	},
	{
		ID: "image.share", Name: shareName, Kind: schema.KindImage, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(imageShared(v, target)) > 0 },
		Changes: imageShared, Effect: shareImage, Source: "B 02",
	},
	{
		ID: "image.delete", Name: deleteImageName, Kind: schema.KindImage, Action: plan.Delete,
		Rank: rankDeleteStored, Gives: func(v *plan.View, target plan.Ref) bool {
			return deleted(v, target) && !described(now(v, target))
		},
		Changes: deleteChanges, Nature: deleteNature(always),
		Requires: deleting(deleteImageName, always),
		Effect:   deletePlain, Source: "B 02",
	},
}

// described reports whether an Image only says what there is: it is made of no
// instance, and nothing was observed of it. Such a one is recorded as the files
// have it, and forgotten when it leaves them: enid did not make it.
func described(r *schema.Resource) bool {
	s := spec[*schema.ImageSpec](r)
	return s != nil && s.FromInstance == "" && r.Status == nil
}

// imageFixed answers what the commit changes of what is fixed at an image's
// creation. One that names no instance could not be made anew, nor is it asked
// to be.
func imageFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.ImageSpec](v, target)
	if !ok || want.FromInstance == "" {
		return nil
	}
	return fields{}.
		str("spec.fromInstance", is.FromInstance, want.FromInstance).
		str("spec.account", is.Account, want.Account).
		str("spec.region", is.Region, want.Region)
}

// imageSource is the requirement that the instance is in a phase in which an
// image is made of it.
var imageSource = plan.Requirement{Rule: "instance.lifecycle", Code: code("", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, sourceOf(v, target))
	if r == nil {
		return plan.Skipped() // that it exists is another requirement
	}
	return inPhase(r.Ref, instanceStatus(r).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
}}

// sourceOf answers the instance that the files make the image of.
func sourceOf(v *plan.View, target plan.Ref) plan.Ref {
	if s := spec[*schema.ImageSpec](wanted(v, target)); s != nil && s.FromInstance != "" {
		return instanceRef(s.FromInstance)
	}
	return plan.Ref{}
}

// rebooted answers the instance that making the image reboots, zero for none.
func rebooted(v *plan.View, target plan.Ref) plan.Ref {
	ref := sourceOf(v, target)
	if r := now(v, ref); r == nil || instanceStatus(r).Phase != schema.PhaseRunning || spec[*schema.ImageSpec](wanted(v, target)).NoReboot {
		return plan.Ref{}
	}
	return ref
}

// about is the requirement asked of another object than the target; the zero Ref is
// none that it concerns.
func about(which func(*plan.View, plan.Ref) plan.Ref, r plan.Requirement) plan.Requirement {
	inner := r.Check
	r.Check = func(v *plan.View, target plan.Ref) plan.Verdict {
		if ref := which(v, target); !ref.IsZero() {
			return inner(v, ref)
		}
		return plan.Skipped()
	}
	return r
}

func imageNature(v *plan.View, target plan.Ref) plan.Nature {
	n := replacement(v, target)
	n.Downtime = !rebooted(v, target).IsZero()
	return n
}

func createImage(e *plan.Effects, target plan.Ref) {
	from := sourceOf(e.View, target)
	if ref := rebooted(e.View, target); !ref.IsZero() {
		e.Note("image.create.reboot", "%s is rebooted for it, and runs again", ref)
	}
	e.Note("image.contents", "it holds the software of %s: its root%s; a snapshot holds a volume alone", from, volumesOf(e.View, from))
	createDated(e, target)
}

// imageShared answers what changes in who may use an image.
func imageShared(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.ImageSpec](v, target)
	if !ok {
		return nil
	}
	has, wants := sharing(is), sharing(want)
	return fields{}.
		any("spec.shareWith.regions", has.Regions, wants.Regions, sameSet(has.Regions, wants.Regions)).
		any("spec.shareWith.accounts", has.Accounts, wants.Accounts, sameSet(has.Accounts, wants.Accounts)).
		any("spec.shareWith.public", has.Public, wants.Public, has.Public == wants.Public)
}

func sharing(s *schema.ImageSpec) schema.ShareWith {
	if s.ShareWith == nil {
		return schema.ShareWith{}
	}
	return *s.ShareWith
}

// shareName is CopyImage where only regions change, which get copies.
func shareName(v *plan.View, target plan.Ref) string {
	changes := imageShared(v, target)
	if len(changes) == 1 && changes[0].Path == "spec.shareWith.regions" {
		return "CopyImage"
	}
	return "ModifyImageAttribute"
}

func shareImage(e *plan.Effects, target plan.Ref) {
	is, want, _ := both[*schema.ImageSpec](e.View, target)
	has, wants := sharing(is), sharing(want)
	for _, region := range missing(has.Regions, wants.Regions) {
		e.Note("image.share", "it is copied to %s (CopyImage); the copy has an id of its own", region)
	}
	for _, region := range missing(wants.Regions, has.Regions) {
		e.Note("image.share", "its copy in %s is deregistered (DeregisterImage)", region)
	}
	if !sameSet(has.Accounts, wants.Accounts) || has.Public != wants.Public {
		e.Note("image.share", "%s may use it", users(wants))
	}
	change(e, target, func(s *schema.ImageSpec) { s.ShareWith = want.ShareWith })
}

// users says who may use an image beside its owner.
func users(s schema.ShareWith) string {
	switch {
	case s.Public:
		return "every account"
	case len(s.Accounts) == 0:
		return "its own account alone"
	}
	accounts := slices.Clone(s.Accounts)
	slices.Sort(accounts)
	text := "account " + accounts[0]
	for _, a := range accounts[1:] {
		text += " and " + a
	}
	return text
}

// imageReady and keyReady are the requirements that an image of the files, and a
// key pair, were made as the files have them before an instance is launched with them.
var imageReady = plan.Requirement{Rule: plan.RuleDependsOn, Code: code("InvalidImageId.NotFound", "InvalidAMIID.NotFound"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || wanted(v, imageRef(want.Image)) == nil {
		return plan.Skipped()
	}
	ref := imageRef(want.Image)
	region, image := schema.RegionOf(inWant(v), wanted(v, target)), spec[*schema.ImageSpec](now(v, ref))
	if image != nil && region != image.Region && !slices.Contains(sharing(image).Regions, region) {
		return plan.Fails("settle what keeps it from being copied", "%s is in %s, and was not copied to %s yet", ref, image.Region, region).Wait(ref)
	}
	return madeAsWanted(v, ref, imageFixed)
}}

var keyReady = plan.Requirement{Rule: plan.RuleDependsOn, Code: code("", "InvalidKeyPair.NotFound"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || want.KeyPair == "" {
		return plan.Skipped()
	}
	return madeAsWanted(v, keyPairRef(want.KeyPair), keyPairFixed)
}}
