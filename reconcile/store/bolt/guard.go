package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"

	bbolterrors "go.etcd.io/bbolt/errors"

	"enid/reconcile/store"
)

// guard runs do and answers what a damaged file makes of it as ErrCorrupt: the
// library panics on pages that make no sense, and the kernel faults where a file
// that is mapped into memory is shorter than it says.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", store.ErrCorrupt, r)
		}
	}()
	err = do()
	for _, damage := range []error{bbolterrors.ErrInvalid, bbolterrors.ErrChecksum, bbolterrors.ErrVersionMismatch} {
		if errors.Is(err, damage) {
			return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
	}
	return err
}
