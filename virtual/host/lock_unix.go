//go:build unix

package host

import (
	"fmt"
	"os"
	"syscall"
)

// lock keeps a second process out of the file until it is closed.
func lock(file *os.File) error {
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("host: the ledger is in use by another process: %w", err)
	}
	return nil
}
