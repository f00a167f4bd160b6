package hsm

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kassa/card"
	"kassa/dukpt"
)

// maxFile bounds what is read of a key file, in bytes.
const maxFile = 16 << 10

// onlyOwner is the part of a file mode that a key file must not have.
const onlyOwner fs.FileMode = 0o077

const stateVersion = 1

// state is the file hsm.json.
type state struct {
	Version int    `json:"version"`
	ID      string `json:"bdkID"`
	KCV     string `json:"bdkKCV"`
	BDK     []byte `json:"bdk"` // sealed under the root key, with the id as additional data
}

// ensureRoot reads the root key. It makes one only where nothing has been sealed yet: a new root
// key beside an old state would hide that the right one is lost.
func ensureRoot(dir string, random io.Reader) (card.Key, error) {
	_, stateErr := os.Stat(filepath.Join(dir, stateFile))
	path := filepath.Join(dir, rootFile)
	content, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !errors.Is(stateErr, fs.ErrNotExist) {
			return card.Key{}, fmt.Errorf("hsm: %s is missing, and %s cannot be opened without it", rootFile, stateFile)
		}
		root, err := newKey(random, rootSize)
		if err != nil {
			return card.Key{}, err
		}
		if err := writeOnce(path, []byte(hex.EncodeToString(root.Reveal())+"\n")); err != nil {
			return card.Key{}, err
		}
		content, err = readKeyFile(path)
		if err != nil {
			return card.Key{}, err
		}
	} else if err != nil {
		return card.Key{}, err
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(raw) != rootSize {
		return card.Key{}, fmt.Errorf("hsm: %s is not a root key", rootFile)
	}
	return card.NewKey(raw), nil
}

// ensureBase reads the base key, and makes one at the first start.
func (m *Module) ensureBase(path string, root card.Key) error {
	key, err := subkey(root, purposeBDK)
	if err != nil {
		return err
	}
	content, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := m.writeBase(path, key); err != nil {
			return err
		}
		content, err = readKeyFile(path)
	}
	if err != nil {
		return err
	}
	return m.readBase(content, key)
}

func (m *Module) writeBase(path string, key card.Key) error {
	if err := m.newBase(); err != nil {
		return err
	}
	kcv, err := dukpt.KCV(m.bdk)
	if err != nil {
		return err
	}
	s := state{Version: stateVersion, ID: hexOf(m.id[:]), KCV: kcv}
	if s.BDK, err = seal(key, m.random, s.ID, m.bdk.Reveal()); err != nil {
		return err
	}
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("hsm: encode %s: %w", stateFile, err)
	}
	return writeOnce(path, append(content, '\n'))
}

func (m *Module) readBase(content []byte, key card.Key) error {
	var s state
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil || s.Version != stateVersion {
		return fmt.Errorf("hsm: %s has not the form of version %d", stateFile, stateVersion)
	}
	id, err := hex.DecodeString(s.ID)
	if err != nil || len(id) != bdkID {
		return fmt.Errorf("hsm: %s: bdkID is not %d bytes in hexadecimal digits", stateFile, bdkID)
	}
	raw, err := open(key, s.ID, s.BDK)
	if err != nil {
		return fmt.Errorf("hsm: %s: bdk was not sealed under this %s with this bdkID", stateFile, rootFile)
	}
	m.id, m.bdk = [bdkID]byte(id), card.NewKey(raw)
	if kcv, err := dukpt.KCV(m.bdk); err != nil || kcv != s.KCV || m.bdk.Len() != aesSize {
		return fmt.Errorf("hsm: %s: bdkKCV is not that of bdk", stateFile)
	}
	return nil
}

// readKeyFile reads a file that its owner alone may read.
func readKeyFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("hsm: %w", err)
	}
	at, err := file.Stat()
	if err == nil && at.Mode().Perm()&onlyOwner != 0 {
		err = fmt.Errorf("mode %v lets others read it, it must be 0600", at.Mode().Perm())
	}
	var content []byte
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(file, maxFile))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("hsm: %s: %w", filepath.Base(path), err)
	}
	return content, nil
}

// writeOnce writes a file that is there whole or not at all, and leaves one that is already there:
// unlike a rename, a link never replaces, so that of two who start at once the first one wins.
func writeOnce(path string, content []byte) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".hsm-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("hsm: make %s: %w", filepath.Base(path), err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		if err = os.Link(temp.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err := errors.Join(err, os.Remove(temp.Name())); err != nil {
		return fmt.Errorf("hsm: write %s: %w", filepath.Base(path), err)
	}
	return syncFolder(dir)
}

// syncFolder makes a new name in a folder durable.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("hsm: open folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("hsm: sync folder: %w", err)
	}
	return nil
}

func hexOf(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
