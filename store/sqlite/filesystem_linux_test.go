package sqlite

import "testing"

// The numbers are those of statfs(2).
func TestNetworkFileSystems(t *testing.T) {
	for magic, want := range map[uint32]string{
		0x6969: "NFS", 0xFF534D42: "CIFS", 0xFE534D42: "CIFS", 0x01021997: "9P", 0x65735546: "FUSE",
		0xEF53: "", 0x58465342: "", 0x9123683E: "", 0x01021994: "", // ext4, XFS, Btrfs, tmpfs
	} {
		if got := networkFileSystem(magic); got != want {
			t.Errorf("%#x: %q, want %q", magic, got, want)
		}
	}
}
