//go:build !unix

package host

import "os"

// lock does nothing on this system; a second process is the operator's to avoid.
func lock(*os.File) error { return nil }
