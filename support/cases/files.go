package cases

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"kassa/journal"
)

// Limits of attachments.
const (
	MaxFile    = 8 << 20 // bytes
	maxFiles   = 40      // of a case
	maxAccount = 256 << 20
	maxName    = 100 // characters
	fileKey    = 32
)

// Types are what may be attached: pictures, video, plain text and PDF. The content tells, whatever the name says.
func Types() []string {
	return []string{"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "text/plain", "application/pdf"}
}

// sealedFile is a file as it is kept: sealed under a key of its own, which the secure module seals.
type sealedFile struct {
	Key    []byte `json:"key"`
	Sealed []byte `json:"sealed"`
}

// Attach keeps a file with a case.
func (s *Shelf) Attach(who Who, id, name string, body []byte) (Case, error) {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if err := check("name", name, 1, maxName); err != nil {
		return Case{}, err
	}
	kind, _, _ := strings.Cut(http.DetectContentType(body), ";")
	switch {
	case len(body) == 0 || len(body) > MaxFile:
		return Case{}, invalid("file", "must have from 1 to %d bytes", MaxFile)
	case !slices.Contains(Types(), kind):
		return Case{}, invalid("file", "is %s; it must be one of %s", kind, strings.Join(Types(), ", "))
	case kind == "text/plain" && namesCard(string(body)):
		return Case{}, invalid("file", "must not hold a card number")
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	c, err := s.changeable(who, id)
	switch {
	case err != nil:
		return c, err
	case len(c.Attachments) >= maxFiles:
		return c, fmt.Errorf("%w: a case has %d attachments at most", ErrFull, maxFiles)
	case s.bytesOf(c.Account)+len(body) > maxAccount:
		return c, fmt.Errorf("%w: the attachments of an account have %d bytes at most", ErrFull, maxAccount)
	}
	a := Attachment{At: s.cfg.Now(), By: who.By, Name: name, Type: kind, Size: len(body)}
	if a.ID, err = s.newID(kindFile); err != nil {
		return c, err
	}
	sealed, err := s.seal(a.ID, body)
	if err != nil {
		return c, err
	}
	c.Attachments = append(c.Attachments, a)
	file := journal.Change{Stream: kindFile + "/" + a.ID, State: sealed, Scope: c.scope()}
	if err := s.commit(journal.Batch{file}, step{c, []any{CaseAttached{id, a.ID, a.Type, a.Size, a.By}}}); err != nil {
		return Case{}, err
	}
	return s.cases[id].copied(), nil
}

// bytesOf counts the attachments of an account. Those of a case that was merged are the other's.
func (s *Shelf) bytesOf(account string) (sum int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.cases {
		if k.Account == account && k.Into == "" {
			for _, a := range k.Attachments {
				sum += a.Size
			}
		}
	}
	return sum
}

func (s *Shelf) seal(id string, body []byte) ([]byte, error) {
	key := make([]byte, fileKey)
	if _, err := io.ReadFull(s.cfg.Random, key); err != nil {
		return nil, fmt.Errorf("cases: randomness: %w", err)
	}
	defer clear(key)
	gcm, err := sealOf(key)
	if err != nil {
		return nil, err
	}
	name := kindFile + "/" + id
	file := sealedFile{Sealed: gcm.Seal(nil, make([]byte, gcm.NonceSize()), body, []byte(name))} // a nonce of zeros: the key seals one file
	if file.Key, err = s.cfg.Vault.SealSecret(name, key); err != nil {
		return nil, fmt.Errorf("cases: seal: %w", err)
	}
	return json.Marshal(file)
}

func sealOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cases: the key of a file: %w", err)
	}
	return cipher.NewGCM(block)
}

// File opens an attachment of a case.
func (s *Shelf) File(who Who, id, file string) (Attachment, []byte, error) {
	c, err := s.Find(who, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	i := slices.IndexFunc(c.Attachments, func(a Attachment) bool { return a.ID == file })
	if i < 0 {
		return Attachment{}, nil, fmt.Errorf("%w: attachment", ErrUnknown)
	}
	body, err := s.open(file)
	return c.Attachments[i], body, err
}

func (s *Shelf) open(id string) ([]byte, error) {
	name := kindFile + "/" + id
	stream, ok, err := s.cfg.Store.Load(name)
	if err != nil {
		return nil, fmt.Errorf("cases: read %s: %w", name, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: attachment", ErrUnknown)
	}
	var kept sealedFile
	if err := json.Unmarshal(stream.State, &kept); err != nil {
		return nil, fmt.Errorf("cases: read %s: %w", name, err)
	}
	key, err := s.cfg.Vault.OpenSecret(name, kept.Key)
	if err != nil {
		return nil, fmt.Errorf("cases: open %s: %w", name, err)
	}
	defer clear(key)
	gcm, err := sealOf(key)
	if err != nil {
		return nil, err
	}
	body, err := gcm.Open(nil, make([]byte, gcm.NonceSize()), kept.Sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("cases: open %s: %w", name, err)
	}
	return body, nil
}
