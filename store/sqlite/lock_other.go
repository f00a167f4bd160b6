//go:build !unix

package sqlite

import (
	"fmt"
	"os"
)

// lockFile refuses: without a lock that ends with its process, two could write one record.
func lockFile(string) (*os.File, error) {
	return nil, fmt.Errorf("%w: no file lock on this system", ErrUnsafe)
}
