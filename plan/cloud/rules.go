package cloud

import (
	"slices"

	"enid/schema"
)

// Rules answers the rows of the catalogue that plans of the clouds enforce, note
// or advise, by section. Rules of class invalid that a step has to look at again are rows of
// the schema alone.
func Rules() []schema.Rule {
	return slices.Concat(addressRules, publicRules, eniRules, instanceRules, linkRules, storageRules, queueRules)
}
