package poi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"kassa/poilink"
)

const (
	// logTime is how long a POI may take to read its log.
	logTime = 10 * time.Second
	// chunksPerMinute bounds what is looked at of one POI: whoever collects asks for one after the other.
	chunksPerMinute = 600
)

// ErrBusy tells that lines of the same terminal are being collected.
var ErrBusy = errors.New("poi: lines of this terminal are being collected")

// Chunk is a POI's answer to collectLogs.
type Chunk struct{ Chunk poilink.LogChunk }

func (Chunk) output() {}

// logChunk checks what a POI sends of its log.
func (m *Machine) logChunk(c poilink.LogChunk) string {
	if !printable(c.Task, maxReference) || len(c.Lines) > poilink.MaxLogLines || c.Left < 0 {
		return "logChunk: too many lines, or a task that was not given"
	}
	last, size := c.After, 0
	for _, l := range c.Lines {
		switch {
		case l.N <= last:
			return "logChunk: n does not rise"
		case len(l.Text) > poilink.MaxLogText || !printable(l.Text, poilink.MaxLogText):
			return "logChunk: text is too long or not text"
		case holdsNumber(l.Text):
			return "logChunk: a text holds what looks like a card number"
		case !logPart(l.Part):
			return "logChunk: part is unknown"
		case l.Exchange != "" && !validExchange(l.Exchange):
			return "logChunk: exchange is malformed"
		}
		last, size = l.N, size+len(l.Text)
	}
	if size > poilink.MaxLogBytes {
		return fmt.Sprintf("logChunk: more than %d bytes of text", poilink.MaxLogBytes)
	}
	if m.chunks.take(m.now, chunksPerMinute) {
		m.emit(Chunk{c})
	}
	return ""
}

func logPart(part string) bool {
	switch part {
	case "power", "link", "order", "screen", "card", "answer", "settings", "print", "device":
		return true
	}
	return false
}

// collections are the questions for lines that wait for an answer, one a POI.
type collections struct {
	mu      sync.Mutex
	last    uint64
	waiting map[string]collection // by POIID
}

type collection struct {
	asked  poilink.CollectLogs
	answer chan<- poilink.LogChunk
}

func (c *collections) begin(poiid string, asked *poilink.CollectLogs) (<-chan poilink.LogChunk, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, busy := c.waiting[poiid]; busy {
		return nil, false
	}
	if c.waiting == nil {
		c.waiting = make(map[string]collection)
	}
	c.last++ // a late answer to an earlier question is told apart
	asked.Task += "." + strconv.FormatUint(c.last, 36)
	answer := make(chan poilink.LogChunk, 1)
	c.waiting[poiid] = collection{*asked, answer}
	return answer, true
}

func (c *collections) end(poiid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, poiid)
}

// answered takes the answer to the question that waits; lines outside its window are nobody's business.
func (c *collections) answered(poiid string, chunk poilink.LogChunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.waiting[poiid]
	if !ok || w.asked.Task != chunk.Task || w.asked.After != chunk.After {
		return
	}
	for _, l := range chunk.Lines {
		if l.AtMS < w.asked.FromMS || l.AtMS >= w.asked.UntilMS {
			return
		}
	}
	select {
	case w.answer <- chunk:
	default: // it has been answered
	}
}

// CollectLogs asks the terminal for lines of its log, and waits up to 10 s for them. It gives ErrOffline, ErrNoAnswer,
// or ErrBusy while others are collected. Nothing is remembered: who breaks off asks again.
func (h *Hub) CollectLogs(ctx context.Context, tid string, asked poilink.CollectLogs) (poilink.LogChunk, error) {
	task := asked.Task
	if task == "" || len(task) > maxReference-14 || !printable(task, maxReference) || strings.Contains(task, ".") || asked.FromMS >= asked.UntilMS {
		return poilink.LogChunk{}, fmt.Errorf("%w: the task is malformed or the window is empty", ErrInvalid)
	}
	u, s, err := h.live(tid)
	if err != nil {
		return poilink.LogChunk{}, err
	}
	answer, ok := h.collections.begin(u.poiid, &asked)
	if !ok {
		return poilink.LogChunk{}, ErrBusy
	}
	defer h.collections.end(u.poiid)
	u.mu.Lock()
	u.on(s.link, func(l *link) { l.send(poilink.Frame{Type: poilink.TypeCollectLogs, CollectLogs: &asked}) })
	u.mu.Unlock()
	timer := time.NewTimer(logTime)
	defer timer.Stop()
	select {
	case chunk := <-answer:
		chunk.Task = task
		return chunk, nil
	case <-ctx.Done():
		return poilink.LogChunk{}, ctx.Err()
	case <-timer.C:
		return poilink.LogChunk{}, ErrNoAnswer
	}
}
