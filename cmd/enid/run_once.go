package main

import (
	"context"
	"errors"
	"fmt"

	"enid/reconcile"
)

// once does one turn of the daemon and answers how that left things: nil where all is
// in sync.
func (a *app) once(ctx context.Context, c *reconcile.Controller) error {
	report, err := c.Turn(ctx)
	if report.Suspended {
		fmt.Fprintln(a.out, "Suspended: nothing was done; `enid status` says by whom and until when, `enid resume` ends it.")
		return exit(exitChanges)
	}
	var source *reconcile.SourceError
	if errors.As(err, &source) && ctx.Err() == nil { // the machine had its turn all the same
		a.showThisHost(report.Host)
		return fmt.Errorf("%w\nTo do: %s", err, source.Condition.Remedy())
	}
	if err := a.showReport(ctx, report, err); err != nil {
		return err
	}
	if !c.Status().InSync() {
		return exit(exitChanges)
	}
	return nil
}
