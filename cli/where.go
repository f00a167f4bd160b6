package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Installation is where a running Kassa is, and how to be let in.
type Installation struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	// CA is the path of the certificate authority to trust for https, when it is a local one.
	CA string `json:"ca,omitempty"`
	// Key is a MultiSafepay group key, and Terminal the TID of a terminal of that group.
	Key      string `json:"key,omitempty"`
	Terminal string `json:"terminal,omitempty"`
}

// WriteLast notes the installation that was started last on this machine, for this user alone.
func WriteLast(i Installation) error {
	name, err := lastFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("cli: last installation: %w", err)
	}
	text, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("cli: last installation: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "last.*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("cli: last installation: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("cli: last installation: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// ReadLast reads what WriteLast noted; without a note the error is fs.ErrNotExist.
func ReadLast() (Installation, error) {
	name, err := lastFile()
	if err != nil {
		return Installation{}, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Installation{}, fmt.Errorf("cli: last installation: %w", err)
	}
	var i Installation
	if err := json.Unmarshal(text, &i); err != nil {
		return Installation{}, fmt.Errorf("cli: last installation: %s is not what Kassa writes", name)
	}
	return i, nil
}

func lastFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("cli: last installation: %w", err)
	}
	return filepath.Join(dir, "kassa", "last.json"), nil
}

// findInstallation follows the environment, and takes what it leaves out from the last one started,
// unless the environment names another URL.
func findInstallation() (Installation, error) {
	last, err := ReadLast()
	given := Installation{
		URL: os.Getenv("KASSA_URL"), Token: os.Getenv("KASSA_TOKEN"), CA: os.Getenv("KASSA_CA"),
		Key: os.Getenv("KASSA_MSP_KEY"), Terminal: os.Getenv("KASSA_TERMINAL_ID"),
	}
	switch {
	case given.URL == "" && errors.Is(err, fs.ErrNotExist):
		return given, Failure{Failed, "no Kassa has been started on this machine", "start one with kassa dev, or set KASSA_URL and KASSA_TOKEN"}
	case given.URL == "" && err != nil:
		return given, Failure{Failed, err.Error(), "set KASSA_URL and KASSA_TOKEN"}
	case given.URL == "":
		given.URL = last.URL
		fallthrough
	case err == nil && strings.TrimSuffix(given.URL, "/") == strings.TrimSuffix(last.URL, "/"):
		given.Token, given.CA = cmp.Or(given.Token, last.Token), cmp.Or(given.CA, last.CA)
		given.Key, given.Terminal = cmp.Or(given.Key, last.Key), cmp.Or(given.Terminal, last.Terminal)
	}
	given.URL = strings.TrimSuffix(given.URL, "/")
	if u, err := url.Parse(given.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return given, Failure{Usage, "KASSA_URL is not an http or https address", "for example KASSA_URL=http://127.0.0.1:8080"}
	}
	return given, nil
}
