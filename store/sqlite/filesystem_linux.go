package sqlite

import (
	"fmt"
	"syscall"
)

// checkFileSystem refuses file systems whose locks or syncs are not kept by this machine's kernel.
// The numbers are those of statfs(2) and linux/magic.h.
func checkFileSystem(dir string, allow bool) error {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("sqlite: statfs: %w", err)
	}
	if name := networkFileSystem(uint32(stat.Type)); name != "" && !allow {
		return fmt.Errorf("%w: %s is on %s, which cannot be relied on for locks and syncs", ErrUnsafe, dir, name)
	}
	return nil
}

// networkFileSystem names a file system that is not local, or gives "".
func networkFileSystem(magic uint32) string {
	switch magic {
	case 0x6969:
		return "NFS"
	case 0xFF534D42, 0xFE534D42, 0x517B:
		return "CIFS"
	case 0x01021997:
		return "9P"
	case 0x65735546:
		return "FUSE"
	}
	return ""
}
