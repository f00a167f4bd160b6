package host_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kassa/virtual/host"
)

func TestZoneIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone.json")
	var all [8]host.Keys
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			keys, err := host.EnsureZone(path, rand.Reader)
			if err != nil {
				t.Error(err)
			}
			all[i] = keys
		})
	}
	group.Wait()
	for _, keys := range all {
		if !keys.PIN.Equal(all[0].PIN) || !keys.MAC.Equal(all[0].MAC) || keys.PIN.Equal(keys.MAC) || keys.PIN.Len() != 16 {
			t.Error("not everybody has the same two AES-128 keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestZoneErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "zone.json")
	if _, err := host.EnsureZone(path, brokenReader{}); err == nil {
		t.Error("keys without randomness")
	}
	if _, err := host.EnsureZone(path, rand.Reader); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var good map[string]string
	if err := json.Unmarshal(content, &good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]string){
		"zmk": func(z map[string]string) { z["zmk"] = "xyz" },
		"zpk": func(z map[string]string) { z["zpk"] = strings.Replace(z["zpk"], "P0", "P1", 1) },
		"zak": func(z map[string]string) { z["zak"] = z["zpk"] },
	} {
		bad := map[string]string{"zmk": good["zmk"], "zpk": good["zpk"], "zak": good["zak"]}
		change(bad)
		text, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := host.EnsureZone(path, rand.Reader); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("bad %s: %v", name, err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := host.EnsureZone(path, rand.Reader); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a file that others may read: %v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := host.EnsureZone(path, rand.Reader); err == nil {
		t.Error("half a file is accepted")
	}
}
