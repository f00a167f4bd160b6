package hsm

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"kassa/card"
	"kassa/dukpt"
)

// zoneKeys is the file that both sides of the zone read. The zone keys travel as TR-31 key blocks
// under the zone master key, which in a real zone would never lie beside them.
type zoneKeys struct {
	ZMK string `json:"zmk"`
	ZPK string `json:"zpk"`
	ZAK string `json:"zak"`
}

// The TR-31 usages of the zone keys.
const (
	usagePIN = "P0"
	usageMAC = "M6"
)

// EnsureZone makes the file of zone keys if there is none. When two processes do so at once, one
// of them wins and both get its keys.
func EnsureZone(path string, random io.Reader) error {
	_, err := readZone(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var keys [3]card.Key
	for i := range keys {
		if keys[i], err = newKey(random, aesSize); err != nil {
			return err
		}
	}
	z := zoneKeys{ZMK: hexOf(keys[0].Reveal())}
	if z.ZPK, err = dukpt.WrapTR31(keys[0], dukpt.KeyBlock{Usage: usagePIN, Algorithm: "A", Mode: "B", Key: keys[1]}, random); err != nil {
		return fmt.Errorf("hsm: wrap zpk: %w", err)
	}
	if z.ZAK, err = dukpt.WrapTR31(keys[0], dukpt.KeyBlock{Usage: usageMAC, Algorithm: "A", Mode: "C", Key: keys[2]}, random); err != nil {
		return fmt.Errorf("hsm: wrap zak: %w", err)
	}
	content, err := json.MarshalIndent(z, "", "  ")
	if err != nil {
		return fmt.Errorf("hsm: encode zone file: %w", err)
	}
	return writeOnce(path, append(content, '\n'))
}

func readZone(path string) (Zone, error) {
	content, err := readKeyFile(path)
	if err != nil {
		return Zone{}, err
	}
	var z zoneKeys
	if err := json.Unmarshal(content, &z); err != nil {
		return Zone{}, errors.New("hsm: zone file: not the JSON object it should be")
	}
	raw, err := hex.DecodeString(z.ZMK)
	if err != nil {
		return Zone{}, errors.New("hsm: zone file: zmk is not hexadecimal digits")
	}
	zmk := card.NewKey(raw)
	pin, err := zoneKey(zmk, "zpk", z.ZPK, usagePIN)
	if err != nil {
		return Zone{}, err
	}
	mac, err := zoneKey(zmk, "zak", z.ZAK, usageMAC)
	if err != nil {
		return Zone{}, err
	}
	return Zone{PIN: pin, MAC: mac}, nil
}

// zoneKey opens a key block and takes the key only for what its header says.
func zoneKey(zmk card.Key, name, block, usage string) (card.Key, error) {
	b, err := dukpt.UnwrapTR31(zmk, block)
	if err != nil {
		return card.Key{}, fmt.Errorf("hsm: zone file: %s: %w", name, err)
	}
	if b.Usage != usage || b.Algorithm != "A" || b.Key.Len() != aesSize {
		return card.Key{}, fmt.Errorf("hsm: zone file: %s is not an AES-128 key of usage %s", name, usage)
	}
	return b.Key, nil
}
