package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// Ledger is the ledger file: a line a record, each with its checksum before it. It is written at
// its end only and belongs to one process at a time.
type Ledger struct {
	file   *os.File
	failed error
	buffer bytes.Buffer
}

// sumDigits is the length of a line's checksum: CRC-32C in hexadecimal digits.
const sumDigits = 8

// OpenLedger opens or makes the ledger file and gives each of its records, in order. A last line
// that was not written whole, as a crash leaves it, is cut off; damage before whole lines is an
// error, because what was acknowledged would be lost.
func OpenLedger(path string, each func(Record) error) (*Ledger, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("host: open ledger: %w", err)
	}
	l := &Ledger{file: file}
	if err := l.load(path, each); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *Ledger) load(path string, each func(Record) error) error {
	if err := lock(l.file); err != nil {
		return err
	}
	whole, err := replay(l.file, each)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(whole); err != nil {
		return fmt.Errorf("host: cut the torn end off the ledger: %w", err)
	}
	if _, err := l.file.Seek(whole, io.SeekStart); err != nil {
		return fmt.Errorf("host: seek in the ledger: %w", err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("host: sync ledger: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// replay gives the records and the length of the whole lines.
func replay(r io.Reader, each func(Record) error) (int64, error) {
	lines := newLineReader(r)
	var whole int64
	torn := false
	for n := 1; ; n++ {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, fmt.Errorf("host: read ledger: %w", err)
		}
		record, ok := decodeLine(line)
		switch {
		case !ok:
			torn = true
			continue
		case torn:
			return 0, fmt.Errorf("host: the ledger is damaged before line %d; it is left as it is", n)
		}
		if err := each(record); err != nil {
			return 0, err
		}
		whole += int64(len(line))
	}
}

// Append writes records and makes them durable. After an error the ledger takes no more: what is on
// disk is then unknown, and only a new start can tell.
func (l *Ledger) Append(records []Record) error {
	if l.failed != nil {
		return l.failed
	}
	l.buffer.Reset()
	for _, r := range records {
		line, err := encodeLine(r)
		if err != nil {
			l.failed = err
			return err
		}
		l.buffer.Write(line)
	}
	if _, err := l.file.Write(l.buffer.Bytes()); err != nil {
		l.failed = fmt.Errorf("host: write ledger: %w", err)
		return l.failed
	}
	if err := l.file.Sync(); err != nil {
		l.failed = fmt.Errorf("host: sync ledger: %w", err)
	}
	return l.failed
}

// Close closes the file and gives up its lock.
func (l *Ledger) Close() error { return l.file.Close() }

func encodeLine(r Record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("host: encode ledger record: %w", err)
	}
	line := fmt.Appendf(nil, "%08x %s\n", checksum(body), body)
	if len(line) > maxLine {
		return nil, fmt.Errorf("host: ledger record %d is longer than %d bytes", r.N, maxLine)
	}
	return line, nil
}

func decodeLine(line []byte) (Record, bool) {
	if len(line) < sumDigits+2 || line[len(line)-1] != '\n' || line[sumDigits] != ' ' {
		return Record{}, false
	}
	body := line[sumDigits+1 : len(line)-1]
	if string(line[:sumDigits]) != fmt.Sprintf("%08x", checksum(body)) {
		return Record{}, false
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, false
	}
	return r, true
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// syncFolder makes a new file's name durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("host: open folder: %w", err)
	}
	err = folder.Sync()
	if err := errors.Join(err, folder.Close()); err != nil {
		return fmt.Errorf("host: sync folder: %w", err)
	}
	return nil
}
