//go:build linux

package vm

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
)

// cacheVariable names the folder that keeps the kernel from run to run. Without it
// nothing is fetched, booted or tested.
const cacheVariable = "ENID_VM"

// argumentsFile is in the machine alone: the arguments of this binary, as JSON.
const argumentsFile = "/arguments.json"

// init keeps TestMain on the first thread: QEMU dies with the thread that started
// it, and that one lives as long as the process.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	_, err := os.Stat(argumentsFile)
	switch inside := err == nil; {
	case inside && os.Getpid() == 1:
		first()
	case inside:
		os.Exit(m.Run())
	case os.Getenv(cacheVariable) == "":
		fmt.Println("the machine test boots a machine in QEMU; make test-vm runs it")
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		code, err := drive(ctx, os.Getenv(cacheVariable))
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, "machine test:", err)
			code = 1
		}
		os.Exit(code)
	}
}
