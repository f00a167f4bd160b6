package terminal

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// Limits of the journal file.
const (
	maxLine      = 8 << 20 // a snapshot with a full outbox, a full roll and the largest settings stays below it
	compactAbove = 512 << 10
)

// journalFile is the memory of one terminal: one JSON record a line behind its CRC-32C, appended
// and never changed. A line that a power cut tore is dropped, with what would follow it.
type journalFile struct {
	path  string
	f     *os.File
	size  int64
	base  int64 // what the last compaction left
	dirty bool
}

// openJournal reads the records and opens the file for more.
func openJournal(path string) (*journalFile, []Record, error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	records, good, err := parseJournal(raw)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	j := &journalFile{path: path, f: f, size: int64(good)}
	if err := j.cut(); err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return j, records, nil
}

// cut drops a torn tail, so that the next line starts on its own.
func (j *journalFile) cut() error {
	if err := j.f.Truncate(j.size); err != nil {
		return fmt.Errorf("cut journal: %w", err)
	}
	if _, err := j.f.Seek(j.size, 0); err != nil {
		return fmt.Errorf("cut journal: %w", err)
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("cut journal: %w", err)
	}
	return syncDir(filepath.Dir(j.path))
}

// parseJournal gives the records and how many bytes they take. A bad line is a torn tail only if no
// good line follows it; else the file was damaged and nobody knows what is missing.
func parseJournal(raw []byte) ([]Record, int, error) {
	var records []Record
	good, torn := 0, 0
	sc := bufio.NewScanner(bytes.NewReader(raw))
	sc.Buffer(nil, maxLine)
	for n := 1; sc.Scan(); n++ {
		r, ok := parseLine(sc.Bytes())
		whole := good+len(sc.Bytes()) < len(raw) // the newline is part of the line
		switch {
		case torn == 0 && ok && whole:
			records = append(records, r)
			good += len(sc.Bytes()) + 1
		case torn == 0:
			torn = n
		case ok:
			return nil, 0, fmt.Errorf("journal: line %d is damaged and line %d is not: refusing to guess", torn, n)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, 0, fmt.Errorf("journal: %w", err)
	}
	return records, good, nil
}

func parseLine(line []byte) (Record, bool) {
	if len(line) < 9 || line[8] != ' ' {
		return Record{}, false
	}
	sum, err := hex.DecodeString(string(line[:8]))
	if err != nil || crc(line[9:]) != [4]byte(sum) {
		return Record{}, false
	}
	var r Record
	if err := json.Unmarshal(line[9:], &r); err != nil {
		return Record{}, false
	}
	return r, true
}

func crc(b []byte) [4]byte {
	n := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func encodeLine(r Record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("journal record: %w", err)
	}
	if len(body)+10 > maxLine {
		return nil, errors.New("journal record: too long")
	}
	sum := crc(body)
	line := append([]byte(hex.EncodeToString(sum[:])), ' ')
	return append(append(line, body...), '\n'), nil
}

// append writes a record; sync makes it durable.
func (j *journalFile) append(r Record) error {
	line, err := encodeLine(r)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(line); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	j.size += int64(len(line))
	j.dirty = true
	// The state of the secure element is durable before anything made with its key is even written:
	// else a torn tail could leave a ciphertext whose counter is used again.
	if r.Kind == RecordDevice || r.Kind == RecordKeys {
		return j.sync()
	}
	return nil
}

func (j *journalFile) sync() error {
	if !j.dirty {
		return nil
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	j.dirty = false
	return nil
}

// compact replaces the file by one record, whole or not at all. What ended, sealed card data
// included, is gone from it.
func (j *journalFile) compact(snapshot Record) error {
	line, err := encodeLine(snapshot)
	if err != nil {
		return err
	}
	if err := replaceFile(j.path, line); err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	old := j.f
	j.f, j.size, j.base, j.dirty = f, int64(len(line)), int64(len(line)), false
	return old.Close()
}

// long tells that most of the file is history.
func (j *journalFile) long() bool { return j.size > compactAbove && j.size > 2*j.base }

func (j *journalFile) close() error { return errors.Join(j.sync(), j.f.Close()) }

// replaceFile writes a file of 0600 so that a reader finds the old content or the new.
func replaceFile(path string, content []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
