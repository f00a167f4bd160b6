//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile takes the lock that makes this process the only one. The kernel gives it back when the
// process ends, however that happens; the file itself stays, since removing it would let two
// processes lock two files of one name.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%w (%s)", ErrLocked, path)
		} else {
			err = fmt.Errorf("sqlite: lock: %w", err)
		}
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
