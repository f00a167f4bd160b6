package cases

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Bundle writes all that belongs to a case as one ZIP file: case.json with the masked facts and the notes, the
// attachments, and the logs of its devices.
func (s *Shelf) Bundle(who Who, id string, to io.Writer) error {
	c, err := s.Find(who, id)
	if err != nil {
		return err
	}
	z := zip.NewWriter(to)
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("cases: encode %s: %w", id, err)
	}
	if err := packed(z, "case.json", c.ChangedAt, append(text, '\n')); err != nil {
		return err
	}
	for i, a := range c.Attachments {
		body, err := s.open(a.ID)
		if err != nil {
			return err
		}
		if err := packed(z, fmt.Sprintf("attachments/%02d-%s", i+1, flat(a.Name)), a.At, body); err != nil {
			return err
		}
	}
	if err := s.packLogs(z, c); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("cases: write the bundle: %w", err)
	}
	return nil
}

// packLogs adds the logs of each device that the case is about, once.
func (s *Shelf) packLogs(z *zip.Writer, c Case) error {
	seen := make(map[string]bool)
	for _, f := range c.Facts {
		if s.cfg.Logs == nil || f.Serial == "" || seen[f.Serial] {
			continue
		}
		seen[f.Serial] = true
		logs, err := s.cfg.Logs.Around(f.Serial, c.OpenedAt)
		if err != nil {
			return fmt.Errorf("cases: logs of %s: %w", f.Serial, err)
		}
		for i, l := range logs {
			if err := packed(z, fmt.Sprintf("logs/%s/%02d-%s", flat(f.Serial), i+1, flat(l.Name)), c.OpenedAt, l.Body); err != nil {
				return err
			}
		}
	}
	return nil
}

func packed(z *zip.Writer, name string, at time.Time, body []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err == nil {
		_, err = w.Write(body)
	}
	if err != nil {
		return fmt.Errorf("cases: write the bundle: %w", err)
	}
	return nil
}

// flat leaves nothing in a name that a file system reads as a path.
func flat(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, name)
	return strings.TrimLeft(name, ".")
}
