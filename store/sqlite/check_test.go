package sqlite

import (
	"errors"
	"testing"
)

// These two look inside, because neither an old SQLite nor a network file system can be had here.

func TestOldSQLiteIsRefused(t *testing.T) {
	for version, safe := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.53.4": true, "3.54.0": true, "4.0.0": true,
		"3.51.2": false, "3.7.0": false, "3.40.1": false, "2.99.99": false, "": false, "3.51": false, "3.x.9": false,
	} {
		if err := checkVersion(version); (err == nil) != safe || err != nil && !errors.Is(err, ErrUnsafe) {
			t.Errorf("%q: %v, want safe %v", version, err, safe)
		}
	}
}
