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
		for shift := range 3 {
			if shift >= len(raw) {
				break
			}
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
	for _, k := range keys {
		add("key …"+k[len(k)-4:], []byte(k))
	}
	master := deck.IssuerMasterKey().Reveal()
	add("issuer master key", master)
	return all
}

// scan looks for secrets in everything below dir, and in what else was seen.
func scan(t *testing.T, dir string, seen []byte, hidden map[string][]byte, allowed ...string) {
	t.Helper()
	look := func(where string, data []byte) {
		for what, secret := range hidden {
			if bytes.Contains(data, secret) {
				t.Errorf("%s: found the %s", where, what)
			}
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		for _, a := range allowed {
			if filepath.Base(path) == a {
				return nil
			}
		}
		data, err := os.ReadFile(path)
		files++
		look(strings.TrimPrefix(path, dir), data)
		return err
	})
	if err != nil || files < 8 {
		t.Fatalf("%d files scanned: %v", files, err)
	}
	look("answers", seen)
}
