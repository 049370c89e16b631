package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"enid/reconcile/store"
)

const pidName = "enid.pid"

// writePID notes who holds the state, and answers the file's path. It serves
// messages only: where it cannot be written, they name nobody.
func writePID(dir string) string {
	path := filepath.Join(dir, pidName)
	if os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600) != nil {
		return ""
	}
	return path
}

func removePID(path string) {
	if path != "" {
		_ = os.Remove(path) // a file left behind is not believed: see Holder
	}
}

// Holder answers the id of the process that holds the state in dir to write, 0
// where none is known. An id whose process is gone, left by a crash, is not
// answered.
func Holder(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, pidName))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return 0
	}
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return 0
	}
	return pid
}

// locked says who holds the state, and what to do.
func (db *DB) locked(waited time.Duration) error {
	if pid := Holder(db.dir); pid != 0 {
		return fmt.Errorf("open %s: %w: %d held it for the last %s; wait for it or stop it (kill %d); a daemon is asked by `enid status`, and told by `enid suspend` or `enid sync`",
			db.file(), store.ErrLocked, pid, waited, pid)
	}
	return fmt.Errorf("open %s: %w, which one is not known, for the last %s; `fuser %s` names it",
		db.file(), store.ErrLocked, waited, db.file())
}
