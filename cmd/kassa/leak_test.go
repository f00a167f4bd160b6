package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kassa/virtual/deck"
)

// secrets are what must not be found anywhere: every card of the deck, its track, and the keys, in
// clear, in hex, and in base64 at each of its three alignments.
func secrets(keys ...string) map[string][]byte {
	all := make(map[string][]byte)
	add := func(what string, raw []byte) {
		all[what] = raw
		all[what+" in hex"] = []byte(hex.EncodeToString(raw))
		all[what+" in upper-case hex"] = []byte(strings.ToUpper(hex.EncodeToString(raw)))
		for shift := range 3 { // whole groups of three bytes, wherever they begin
			whole := (len(raw) - shift) / 3 * 3
			all[what+" in base64"+strings.Repeat("'", shift)] = []byte(base64.StdEncoding.EncodeToString(raw[shift : shift+whole]))
		}
	}
	for _, c := range deck.All() {
		pan := c.PAN.Reveal()
		add("PAN of "+c.ID(), []byte(pan))
		bcd, _ := hex.DecodeString(pan + strings.Repeat("F", len(pan)%2))
		add("BCD PAN of "+c.ID(), bcd)
	}
	// Four digits alone are everywhere; a PIN is known by its field of ISO 9564 (formats 4, 2 and 0,
	// the last before the PAN is mixed in) or by its name.
	for _, field := range []string{"441234AAAAAAAAAA", "241234FFFFFFFFFF", "041234FFFFFFFFFF"} {
		raw, _ := hex.DecodeString(field)
		add("PIN field "+field, raw)
	}
	all["PIN by name"] = []byte(`"pin":"1234"`)
	for _, k := range keys {
		add("key …"+k[len(k)-4:], []byte(k))
	}
	master := deck.IssuerMasterKey().Reveal()
	add("issuer master key", master)
	return all
}

// scan looks for secrets in everything below dir, and in what else was seen. It gives what it found
// and how many files it read.
func scan(dir string, seen []byte, hidden map[string][]byte) (found []string, files int, err error) {
	look := func(where string, data []byte) {
		for what, secret := range hidden {
			if bytes.Contains(data, secret) {
				found = append(found, where+": the "+what)
			}
		}
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		look(strings.TrimPrefix(path, dir), data)
		return err
	})
	look("answers", seen)
	return found, files, err
}

// TestScanFinds shows that the scan can fail: each form of each secret is found in the middle of
// other bytes.
func TestScanFinds(t *testing.T) {
	hidden := secrets("test_0123456789abcdefghijklmnopqrstuvwx")
	pan := deck.All()[0].PAN.Reveal()
	bcd, err := hex.DecodeString(pan)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"clear":  `{"pan":"` + pan + `"}`,
		"hex":    hex.EncodeToString([]byte("x" + pan + "x")),
		"BCD":    "x" + string(bcd) + "x",
		"base64": base64.StdEncoding.EncodeToString([]byte("x" + pan + "xyz")),
		"key":    "GET /?api_key=test_0123456789abcdefghijklmnopqrstuvwx",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, _, err := scan(dir, nil, hidden); err != nil || len(found) == 0 {
			t.Errorf("%s: not found (%v)", name, err)
		}
		if found, _, err := scan(t.TempDir(), []byte(text), hidden); err != nil || len(found) == 0 {
			t.Errorf("%s in an answer: not found (%v)", name, err)
		}
	}
}
