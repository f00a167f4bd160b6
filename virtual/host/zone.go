package host

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kassa/card"
	"kassa/dukpt"
)

// zoneFile is the key file that both sides of the zone have got from whoever started first. The
// zone keys travel as TR-31 key blocks under the zone master key, which in a real zone would never
// lie beside them.
type zoneFile struct {
	ZMK string `json:"zmk"`
	ZPK string `json:"zpk"`
	ZAK string `json:"zak"`
}

// Key usages of TR-31.
const (
	usagePIN = "P0"
	usageMAC = "M6"
)

// zoneKeySize is that of AES-128.
const zoneKeySize = 16

// maxZoneFile is how much of a zone file is read, in bytes.
const maxZoneFile = 16 << 10

// EnsureZone reads the zone keys from the file, and makes it first if there is none. When two
// processes make it at once, one of them wins and both get its keys.
func EnsureZone(path string, random io.Reader) (Keys, error) {
	keys, err := readZone(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	content, err := newZone(random)
	if err != nil {
		return Keys{}, err
	}
	if err := writeOnce(path, content); err != nil {
		return Keys{}, err
	}
	return readZone(path)
}

func readZone(path string) (Keys, error) {
	file, err := os.Open(path)
	if err != nil {
		return Keys{}, fmt.Errorf("host: open zone file: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = errors.New("others may read it; its mode must be 0600")
	}
	content, readErr := io.ReadAll(io.LimitReader(file, maxZoneFile))
	if err := errors.Join(err, readErr, file.Close()); err != nil {
		return Keys{}, fmt.Errorf("host: read zone file: %w", err)
	}
	var z zoneFile
	if err := json.Unmarshal(content, &z); err != nil {
		return Keys{}, errors.New("host: the zone file is not the JSON object it should be")
	}
	master, err := hex.DecodeString(z.ZMK)
	if err != nil || len(master) == 0 {
		return Keys{}, errors.New("host: zone file: zmk is not a key in hexadecimal digits")
	}
	zmk := card.NewKey(master)
	pin, err := zoneKey(zmk, "zpk", z.ZPK, usagePIN)
	if err != nil {
		return Keys{}, err
	}
	mac, err := zoneKey(zmk, "zak", z.ZAK, usageMAC)
	if err != nil {
		return Keys{}, err
	}
	return Keys{PIN: pin, MAC: mac}, nil
}

func zoneKey(zmk card.Key, name, block, usage string) (card.Key, error) {
	b, err := dukpt.UnwrapTR31(zmk, block)
	if err != nil {
		return card.Key{}, fmt.Errorf("host: zone file: %s: %w", name, err)
	}
	if b.Usage != usage {
		return card.Key{}, fmt.Errorf("host: zone file: %s: its usage is %s, not %s", name, b.Usage, usage)
	}
	return b.Key, nil
}

func newZone(random io.Reader) ([]byte, error) {
	var raw [3][zoneKeySize]byte
	for i := range raw {
		if _, err := io.ReadFull(random, raw[i][:]); err != nil {
			return nil, fmt.Errorf("host: random for a zone key: %w", err)
		}
	}
	zmk := card.NewKey(raw[0][:])
	z := zoneFile{ZMK: hex.EncodeToString(raw[0][:])}
	var err error
	z.ZPK, err = dukpt.WrapTR31(zmk, dukpt.KeyBlock{Usage: usagePIN, Algorithm: "A", Mode: "B", Key: card.NewKey(raw[1][:])}, random)
	if err != nil {
		return nil, fmt.Errorf("host: wrap zpk: %w", err)
	}
	z.ZAK, err = dukpt.WrapTR31(zmk, dukpt.KeyBlock{Usage: usageMAC, Algorithm: "A", Mode: "C", Key: card.NewKey(raw[2][:])}, random)
	if err != nil {
		return nil, fmt.Errorf("host: wrap zak: %w", err)
	}
	return json.MarshalIndent(z, "", "  ")
}

// writeOnce writes a file that is there whole or not at all, and leaves one that is there already:
// a link, unlike a rename, never replaces.
func writeOnce(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".zone-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("host: make zone file: %w", err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		if err = os.Link(temp.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err := errors.Join(err, os.Remove(temp.Name())); err != nil {
		return fmt.Errorf("host: write zone file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}
