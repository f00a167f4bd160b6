//go:build !unix

package terminal

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockDir has no lock on this system; a second process is the operator's to avoid.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder: %w", err)
	}
	return f, nil
}
