package terminal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"kassa/poilink"
)

// Limits of the log of one terminal.
const (
	keptLines   = 4000 // of a busy day; the file has up to twice as many before the oldest go
	maxLogEntry = 2 << 10
)

// logFile is the ring of one terminal's log: a line of JSON behind its CRC-32C each. A line is out of the process
// when it is written, so a kill loses none; a power cut may tear the last ones off, which nobody relies on.
type logFile struct {
	path  string
	f     *os.File
	last  uint64
	lines int
}

// openLog opens the file and cuts a torn tail off. Damage in the middle ends what can be read: a log is no record.
func openLog(path string) (*logFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read log: %w", err)
	}
	lines, good := parseLog(raw)
	l := &logFile{path: path, lines: len(lines)}
	if len(lines) > 0 {
		l.last = lines[len(lines)-1].N
	}
	if l.f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.f.Truncate(int64(good)); err != nil {
		return nil, errors.Join(fmt.Errorf("cut log: %w", err), l.f.Close())
	}
	return l, nil
}

// parseLog gives the lines up to the first bad one, and how many bytes they take.
func parseLog(raw []byte) (lines []poilink.LogLine, good int) {
	sc := bufio.NewScanner(bytes.NewReader(raw))
	sc.Buffer(nil, maxLogEntry)
	for sc.Scan() {
		b := sc.Bytes()
		if len(b) < 9 || b[8] != ' ' || good+len(b) >= len(raw) {
			return lines, good
		}
		sum, err := hex.DecodeString(string(b[:8]))
		if err != nil || crc(b[9:]) != [4]byte(sum) {
			return lines, good
		}
		var line poilink.LogLine
		if json.Unmarshal(b[9:], &line) != nil {
			return lines, good
		}
		lines, good = append(lines, line), good+len(b)+1
	}
	return lines, good
}

func encodeLog(lines []poilink.LogLine) ([]byte, error) {
	var out []byte
	for _, line := range lines {
		body, err := json.Marshal(line)
		if err != nil {
			return nil, fmt.Errorf("log line: %w", err)
		}
		sum := crc(body)
		out = append(append(append(out, hex.EncodeToString(sum[:])...), ' '), body...)
		out = append(out, '\n')
	}
	return out, nil
}

// append writes lines and numbers them. When there are too many, the older half goes.
func (l *logFile) append(lines []poilink.LogLine) error {
	for i := range lines {
		l.last++
		lines[i].N = l.last
	}
	raw, err := encodeLog(lines)
	if err != nil {
		return err
	}
	if _, err := l.f.Write(raw); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if l.lines += len(lines); l.lines < 2*keptLines {
		return nil
	}
	return l.shorten()
}

func (l *logFile) shorten() error {
	all, err := l.read()
	if err != nil {
		return err
	}
	all = all[max(0, len(all)-keptLines):]
	raw, err := encodeLog(all)
	if err != nil {
		return err
	}
	if err := replaceFile(l.path, raw); err != nil {
		return fmt.Errorf("shorten log: %w", err)
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("shorten log: %w", err)
	}
	old := l.f
	l.f, l.lines = f, len(all)
	return old.Close()
}

func (l *logFile) read() ([]poilink.LogLine, error) {
	raw, err := os.ReadFile(l.path)
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	lines, _ := parseLog(raw)
	return lines, nil
}

// chunk is what answers a question.
func (l *logFile) chunk(c poilink.CollectLogs) (poilink.LogChunk, error) {
	out := poilink.LogChunk{Task: c.Task, After: c.After}
	lines, err := l.read()
	if err != nil {
		return out, err
	}
	size := 0
	for _, line := range lines {
		if line.N <= c.After || line.AtMS < c.FromMS || line.AtMS >= c.UntilMS {
			continue
		}
		if size += len(line.Text); out.Left > 0 || len(out.Lines) >= poilink.MaxLogLines || size > poilink.MaxLogBytes {
			out.Left++
			continue
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

// readLog reads what was asked for, and gives it to the terminal from elsewhere: the inbox may be full.
func (u *unit) readLog(ctx context.Context, asked poilink.CollectLogs) error {
	chunk, err := u.logbook.chunk(asked)
	if err != nil {
		return err
	}
	u.wg.Go(func() { u.post(ctx, event{in: LogRead{chunk}}) })
	return nil
}

func (l *logFile) close() error { return l.f.Close() }
