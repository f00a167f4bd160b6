package hsm_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kassa/card"
	"kassa/dukpt"
	"kassa/hsm"
)

func openDir(t testing.TB, dir string) *hsm.Module {
	t.Helper()
	m, err := hsm.Open(dir, rand.Reader, hsm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hsm")
	m := openDir(t, dir)
	d := terminal(t, m, 1)
	in := read(t, d, track, "1234")
	sealed, err := m.SealSecret("a", []byte("b"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		at, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if at.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), at.Mode())
		}
		files[e.Name()] = content(t, filepath.Join(dir, e.Name()))
	}
	if len(files) != 3 || files["hsm.root"] == nil || files["hsm.json"] == nil || files["zone.json"] == nil {
		t.Errorf("files %v", entries)
	}
	if at, err := os.Stat(dir); err != nil || at.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", at.Mode(), err)
	}

	again := openDir(t, dir)
	if err := again.CompleteSale(sale(), in); err != nil {
		t.Errorf("the base key is another one: %v", err)
	}
	if err := again.CompleteSale(sale(), read(t, d, track, "1234")); err != nil {
		t.Error(err)
	}
	if got, err := again.OpenSecret("a", sealed); err != nil || string(got) != "b" {
		t.Errorf("secret: %v", err)
	}
	one, _ := m.MAC([]byte("x"))
	two, _ := again.MAC([]byte("x"))
	if one != two || m.LookupHash([]byte("k")) != again.LookupHash([]byte("k")) {
		t.Error("the keys are other ones")
	}
	for name, before := range files {
		if !bytes.Equal(before, content(t, filepath.Join(dir, name))) {
			t.Errorf("%s has been written again", name)
		}
	}
}

func TestBaseKeyIsSealed(t *testing.T) {
	dir := t.TempDir()
	drawn := make([]byte, 4096)
	for i := range drawn {
		drawn[i] = byte(i * 7)
	}
	if _, err := hsm.Open(dir, bytes.NewReader(drawn), hsm.Options{}); err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	raw := content(t, filepath.Join(dir, "hsm.json"))
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	// Drawn in this order: root key 32, base key id 4, base key 16.
	id, bdk := drawn[32:36], card.NewKey(drawn[36:52])
	if kcv, _ := dukpt.KCV(bdk); s["bdkKCV"] != kcv || !strings.EqualFold(s["bdkID"].(string), hex.EncodeToString(id)) {
		t.Fatalf("%v", s)
	}
	if bytes.Contains(raw, bdk.Reveal()) || strings.Contains(strings.ToLower(string(raw)), hex.EncodeToString(bdk.Reveal())) {
		t.Error("the base key is in clear")
	}
}

// edit changes a file of the folder.
func edit(name string, change func(string) string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, name)
		before := string(content(t, path))
		after := change(before)
		if after == before {
			t.Fatal("nothing changed")
		}
		if err := os.WriteFile(path, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// field changes one string in a JSON object.
func field(name string, change func(string) string) func(string) string {
	return func(text string) string {
		var s map[string]any
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return text
		}
		s[name] = change(s[name].(string))
		out, _ := json.Marshal(s)
		return string(out)
	}
}

func flip(at int) func(string) string {
	return func(text string) string {
		c := byte('1')
		if text[at] == c {
			c = '2'
		}
		return text[:at] + string(c) + text[at+1:]
	}
}

func TestTamperedFilesAreRefused(t *testing.T) {
	tests := map[string]func(*testing.T, string){
		"root key":            edit("hsm.root", flip(3)),
		"root key cut":        edit("hsm.root", func(s string) string { return s[:20] }),
		"root key empty":      edit("hsm.root", func(string) string { return "" }),
		"root key lost":       func(t *testing.T, dir string) { remove(t, dir, "hsm.root") },
		"base key":            edit("hsm.json", field("bdk", flip(30))),
		"base key id":         edit("hsm.json", field("bdkID", flip(1))),
		"base key id form":    edit("hsm.json", field("bdkID", func(s string) string { return s + "00" })),
		"base key KCV":        edit("hsm.json", field("bdkKCV", flip(1))),
		"base key cut":        edit("hsm.json", field("bdk", func(string) string { return "" })),
		"state cut":           edit("hsm.json", func(s string) string { return s[:len(s)/2] }),
		"state with more":     edit("hsm.json", func(s string) string { return strings.Replace(s, "{", `{"x":1,`, 1) }),
		"state version":       edit("hsm.json", func(s string) string { return strings.Replace(s, `"version": 1`, `"version": 2`, 1) }),
		"zone PIN key":        edit("zone.json", field("zpk", flip(40))),
		"zone PIN key usage":  edit("zone.json", field("zpk", func(s string) string { return strings.Replace(s, "P0", "M6", 1) })),
		"zone MAC key":        edit("zone.json", field("zak", flip(100))),
		"zone master key":     edit("zone.json", field("zmk", flip(0))),
		"zone keys swapped":   edit("zone.json", func(s string) string { return strings.NewReplacer("zpk", "zak", "zak", "zpk").Replace(s) }),
		"zone cut":            edit("zone.json", func(s string) string { return s[:10] }),
		"root for everybody":  func(t *testing.T, dir string) { chmod(t, dir, "hsm.root") },
		"state for everybody": func(t *testing.T, dir string) { chmod(t, dir, "hsm.json") },
		"zone for everybody":  func(t *testing.T, dir string) { chmod(t, dir, "zone.json") },
	}
	for name, tamper := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			openDir(t, dir)
			tamper(t, dir)
			m, err := hsm.Open(dir, rand.Reader, hsm.Options{})
			if err == nil || m != nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), "hsm.root") && !strings.Contains(err.Error(), "hsm.json") && !strings.Contains(err.Error(), "zone") {
				t.Errorf("the error names no file: %v", err)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A crash at the first start leaves the root key without the rest.
func TestFirstStartCutShort(t *testing.T) {
	dir := t.TempDir()
	openDir(t, dir)
	root := content(t, filepath.Join(dir, "hsm.root"))
	remove(t, dir, "hsm.json")
	remove(t, dir, "zone.json")
	m := openDir(t, dir)
	if err := m.CompleteSale(sale(), read(t, terminal(t, m, 1), track, "1234")); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(root, content(t, filepath.Join(dir, "hsm.root"))) {
		t.Error("the root key has changed")
	}
}

func TestStartTogether(t *testing.T) {
	dir := t.TempDir()
	zone := filepath.Join(dir, "shared.json")
	modules := make([]*hsm.Module, 8)
	var wg sync.WaitGroup
	for i := range modules {
		wg.Go(func() {
			if i%2 == 0 {
				if err := hsm.EnsureZone(zone, rand.Reader); err != nil {
					t.Error(err)
				}
			}
			m, err := hsm.Open(filepath.Join(dir, "hsm"), rand.Reader, hsm.Options{ZoneFile: zone})
			if err != nil {
				t.Error(err)
			}
			modules[i] = m
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	d := terminal(t, modules[0], 1)
	want, _ := modules[0].MAC([]byte("x"))
	for i, m := range modules {
		if err := m.CompleteSale(sale(), read(t, d, track, "1234")); err != nil {
			t.Errorf("%d has another base key: %v", i, err)
		}
		if got, _ := m.MAC([]byte("x")); got != want {
			t.Errorf("%d has another zone key", i)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", ".hsm-*"))
	more, _ := filepath.Glob(filepath.Join(dir, ".hsm-*"))
	if len(left)+len(more) != 0 {
		t.Errorf("left over: %v %v", left, more)
	}
}

func TestOpenWithoutRandomness(t *testing.T) {
	for n := 0; n < 140; n += 13 { // what the keys, nonces and paddings of a first start take
		if m, err := hsm.Open(t.TempDir(), bytes.NewReader(make([]byte, n)), hsm.Options{}); err == nil || m != nil {
			t.Errorf("%d random bytes were enough", n)
		}
	}
}
