package cloud

import (
	"slices"

	"enid/schema"
)

// Rules answers the rows of the catalogue that plans of the clouds enforce, note
// or advise; each stands in the file that does so. Rules of class invalid that a
// step has to look at again are rows of the schema alone.
func Rules() []schema.Rule {
	return slices.Concat(
		addressRules, adviceLinksRules, adviceRules, adviceStorageRules, attachRules,
		classicLinkRules, convertRules, domainRules, drainRules, eipRules, endpointRules, eniRules,
		existRules, groupRules, imageRules, instanceRules, keyPairRules, lifecycleRules,
		limitsRules, mirrorRules, movedRules, networkIPv6Rules, networkRules, peeringRules, policyRules, powerRules,
		prefixRules, publicIPChangeRules, publicIPRules, queueRules, relocateRules,
		rootVolumeRules, secondaryRequiresRules, secondaryRules, snapshotRules, targetGroupRules, volumeAttachRules,
		volumeDetachRules, volumeModifyRules, volumeRetentionRules, volumeRules,
	)
}
