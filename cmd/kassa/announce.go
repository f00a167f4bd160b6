package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// announcement is what a simulated party tells of where it can be reached, in a file of its folder:
// ports are free ones and change with every start.
type announcement struct {
	// Control is the URL of the party's control API.
	Control string `json:"control"`
	// Host is the address at which the simulated acquirer takes links.
	Host string `json:"host,omitempty"`
	// Mail is the address of the simulated mail server.
	Mail string `json:"mail,omitempty"`
}

const announceFile = "reach.json"

// announce writes the announcement, by rename so that nobody reads half of it.
func announce(dir string, a announcement) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return writeByRename(filepath.Join(dir, announceFile), data, 0o600)
}

// reach reads where a simulated party is now.
func reach(dir string) (announcement, error) {
	var a announcement
	if dir == "" {
		return a, errors.New("it is not part of this installation")
	}
	data, err := os.ReadFile(filepath.Join(dir, announceFile))
	if errors.Is(err, os.ErrNotExist) {
		return a, errors.New("it has not been started")
	}
	if err != nil {
		return a, fmt.Errorf("read where it is: %w", err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("read where it is: %w", err)
	}
	return a, nil
}

// controlURL tells the proxy where a party's control API is now.
func controlURL(dir string) func() (*url.URL, error) {
	return func() (*url.URL, error) {
		a, err := reach(dir)
		if err != nil {
			return nil, err
		}
		return url.Parse(a.Control)
	}
}

func writeByRename(path string, data []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return os.Rename(tmp.Name(), path)
}

// withParent calls end once the other end of standard input is closed: how a child of `kassa dev`
// learns that its parent is gone, whatever killed it.
func withParent(in io.Reader, end func()) {
	go func() {
		_, _ = io.Copy(io.Discard, in)
		end()
	}()
}
