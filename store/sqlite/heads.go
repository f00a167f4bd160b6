package sqlite

import (
	"errors"

	"kassa/journal"

	"zombiezen.com/go/sqlite"
)

// maxHeads bounds each of the two generations of heads.
const maxHeads = 16_384

// head is what the writer needs to know of a stream before it changes it.
type head struct {
	number  int64
	version uint64
	open    bool
	holds   string
}

// heads remembers the streams that were changed last. Only the writer changes streams, so that
// what is remembered is what the transaction would read. When the young generation is full the old
// one is forgotten.
type heads struct {
	young, old map[string]head
	read       *sqlite.Stmt
	number     int64 // the last one given to a stream
}

func (h *heads) prepare(conn *sqlite.Conn) (err error) {
	h.young = make(map[string]head)
	if h.read, err = conn.Prepare("SELECT number, version, open, holds FROM streams WHERE id = ?1"); err != nil {
		return err
	}
	return query(conn, "SELECT coalesce(max(number), 0) FROM streams", nil, func(stmt *sqlite.Stmt) error {
		h.number = stmt.ColumnInt64(0)
		return nil
	})
}

// get gives the head of a stream; it reports false when there is none.
func (h *heads) get(id string) (found head, ok bool, err error) {
	if found, ok = h.young[id]; ok {
		return found, true, nil
	}
	if found, ok = h.old[id]; !ok {
		bindText(h.read, 1, id)
		if ok, err = h.read.Step(); err != nil {
			return head{}, false, err
		}
		if ok {
			found = head{
				number:  h.read.ColumnInt64(0),
				version: uint64(h.read.ColumnInt64(1)),
				open:    h.read.ColumnBool(2),
				holds:   h.read.ColumnText(3),
			}
		}
		if err = h.read.Reset(); err != nil || !ok {
			return head{}, false, err
		}
	}
	h.put(id, found)
	return found, true, nil
}

func (h *heads) put(id string, now head) {
	if len(h.young) >= maxHeads {
		h.old, h.young = h.young, make(map[string]head, maxHeads)
	}
	h.young[id] = now
}

// numberOf gives the number of a stream that exists.
func (h *heads) numberOf(id string) (int64, error) {
	found, ok, err := h.get(id)
	if err == nil && !ok {
		err = errors.New("sqlite: a stream is gone")
	}
	return found.number, err
}

// forget drops what an undone batch has put.
func (h *heads) forget(b journal.Batch) {
	for i := range b {
		delete(h.young, b[i].Stream)
		delete(h.old, b[i].Stream)
	}
}
