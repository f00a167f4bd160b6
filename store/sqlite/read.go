package sqlite

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"kassa/journal"

	"zombiezen.com/go/sqlite"
)

const streamColumns = "SELECT id, version, open, state FROM streams "

// Load reads the current state of a stream; it reports false when there is none.
func (s *Store) Load(stream string) (journal.Stream, bool, error) {
	return s.one(streamColumns+"WHERE id = ?1", stream)
}

// Find reads the stream that was made with this Ref.
func (s *Store) Find(ref string) (journal.Stream, bool, error) {
	return s.one(streamColumns+"WHERE ref = ?1", ref)
}

// Holder reads the stream that holds this now.
func (s *Store) Holder(holds string) (journal.Stream, bool, error) {
	return s.one(streamColumns+"WHERE holds = ?1", holds)
}

func (s *Store) one(text, key string) (stream journal.Stream, found bool, err error) {
	err = s.read(text, func(stmt *sqlite.Stmt) { bindText(stmt, 1, key) }, func(stmt *sqlite.Stmt) error {
		stream, found = scanStream(stmt), true
		return nil
	})
	return stream, found, err
}

// OpenStreams calls each for every open stream of a kind, by id. It holds no connection meanwhile,
// so that each may use the store, and it ends with the first error of each.
func (s *Store) OpenStreams(kind string, each func(journal.Stream) error) error {
	// A bare parameter behind LIMIT makes SQLite prepare the statement anew at every binding; with
	// the sign it is an expression like others. The same below.
	const open = streamColumns + "INDEXED BY streams_open WHERE open = 1 AND id > ?1 AND id < ?2 ORDER BY id LIMIT +?3"
	after := ""
	for {
		page, err := s.page(open, kind, after, openPage)
		if err != nil {
			return err
		}
		for _, stream := range page {
			if err := each(stream); err != nil {
				return err
			}
		}
		if len(page) < openPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// Streams lists the streams of a kind by id, those whose id comes after the one given; "" is the
// beginning. It gives at most 10,000.
func (s *Store) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	return s.page(streamColumns+"WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT +?3", kind, after, min(limit, maxStreams))
}

// Newest lists the streams of a kind whose id comes before the one given ("" is the end), the highest
// id first: those of these scopes, or all for nil. It gives at most 10,000.
func (s *Store) Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error) {
	limit = max(0, min(limit, maxStreams))
	if scopes == nil {
		return s.newest(streamColumns+"WHERE id > ?1 AND id < ?2 ORDER BY id DESC LIMIT +?3", kind, "", before, limit)
	}
	var list []journal.Stream
	for _, scope := range scopes {
		const text = streamColumns + "INDEXED BY streams_scope WHERE scope = ?4 AND id > ?1 AND id < ?2 ORDER BY id DESC LIMIT +?3"
		page, err := s.newest(text, kind, scope, before, limit)
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
	}
	slices.SortFunc(list, func(a, b journal.Stream) int { return strings.Compare(b.ID, a.ID) })
	return list[:min(limit, len(list))], nil
}

func (s *Store) newest(text, kind, scope, before string, limit int) (page []journal.Stream, err error) {
	end := kind + "0"
	if before != "" && before < end {
		end = before
	}
	bind := func(stmt *sqlite.Stmt) {
		stmt.BindText(1, kind+"/")
		stmt.BindText(2, end)
		stmt.BindInt64(3, int64(limit))
		if scope != "" {
			stmt.BindText(4, scope)
		}
	}
	err = s.read(text, bind, func(stmt *sqlite.Stmt) error {
		page = append(page, scanStream(stmt))
		return nil
	})
	return page, err
}

// page reads streams by id. The ids of a kind lie between "kind/" and "kind0", '0' being the
// character after the slash, so that the primary key finds them.
func (s *Store) page(text, kind, after string, limit int) (page []journal.Stream, err error) {
	bind := func(stmt *sqlite.Stmt) {
		stmt.BindText(1, max(kind+"/", after))
		stmt.BindText(2, kind+"0")
		stmt.BindInt64(3, int64(max(limit, 0)))
	}
	err = s.read(text, bind, func(stmt *sqlite.Stmt) error {
		page = append(page, scanStream(stmt))
		return nil
	})
	return page, err
}

// A CROSS JOIN is read from left to right.
const entryColumns = `SELECT journal.seq, streams.id, journal.version, journal.at, journal.kind,
	journal.scope, journal.payload `

// Entries reads the facts after a sequence number, in order, at most 10,000.
func (s *Store) Entries(after uint64, limit int) ([]journal.Entry, error) {
	const text = entryColumns + `FROM journal CROSS JOIN streams ON streams.number = journal.stream
		WHERE journal.seq > ?1 ORDER BY journal.seq LIMIT +?2`
	return s.entries(text, func(stmt *sqlite.Stmt) {
		stmt.BindInt64(1, int64(min(after, math.MaxInt64)))
		stmt.BindInt64(2, int64(max(0, min(limit, maxEntries))))
	})
}

// StreamEntries reads the facts of one stream, in order, up to the version given; 0 is all.
func (s *Store) StreamEntries(stream string, upTo uint64) ([]journal.Entry, error) {
	const text = entryColumns + `FROM streams CROSS JOIN journal ON journal.stream = streams.number
		WHERE streams.id = ?1 AND journal.version <= ?2 ORDER BY journal.version, journal.seq`
	return s.entries(text, func(stmt *sqlite.Stmt) {
		if upTo == 0 || upTo > math.MaxInt64 {
			upTo = math.MaxInt64
		}
		stmt.BindText(1, stream)
		stmt.BindInt64(2, int64(upTo))
	})
}

// StreamTail reads the last facts of one stream, in order, at most as many as limit.
func (s *Store) StreamTail(stream string, limit int) ([]journal.Entry, error) {
	const text = entryColumns + `FROM streams CROSS JOIN journal ON journal.stream = streams.number
		WHERE streams.id = ?1 ORDER BY journal.version DESC, journal.seq DESC LIMIT +?2`
	entries, err := s.entries(text, func(stmt *sqlite.Stmt) {
		stmt.BindText(1, stream)
		stmt.BindInt64(2, int64(max(0, limit)))
	})
	slices.Reverse(entries)
	return entries, err
}

func (s *Store) entries(text string, bind func(*sqlite.Stmt)) (entries []journal.Entry, err error) {
	err = s.read(text, bind, func(stmt *sqlite.Stmt) error {
		entries = append(entries, scanEntry(stmt))
		return nil
	})
	return entries, err
}

// read runs a query on a connection of the pool. An error of the disk stops the store: what cannot
// be read cannot be decided upon either.
func (s *Store) read(text string, bind func(*sqlite.Stmt), row func(*sqlite.Stmt) error) error {
	select {
	case <-s.closing:
		return journal.ErrClosed
	default:
	}
	conn, ok := <-s.readers
	if !ok {
		return journal.ErrClosed
	}
	defer func() { s.readers <- conn }()
	if err := query(conn, text, bind, row); err != nil {
		s.fail(fmt.Errorf("sqlite: read: %w", err))
		return err
	}
	return nil
}

// query runs a statement and gives each row to row.
func query(conn *sqlite.Conn, text string, bind func(*sqlite.Stmt), row func(*sqlite.Stmt) error) error {
	stmt, err := conn.Prepare(text)
	if err != nil {
		return fmt.Errorf("sqlite: prepare: %w", err)
	}
	if bind != nil {
		bind(stmt)
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return err
		}
		if !more {
			return stmt.Reset()
		}
		if err := row(stmt); err != nil {
			_ = stmt.Reset()
			return err
		}
	}
}

func scanStream(stmt *sqlite.Stmt) journal.Stream {
	return journal.Stream{
		ID:      stmt.ColumnText(0),
		Version: uint64(stmt.ColumnInt64(1)),
		Open:    stmt.ColumnBool(2),
		State:   columnBytes(stmt, 3),
	}
}

func scanEntry(stmt *sqlite.Stmt) journal.Entry {
	return journal.Entry{
		Seq:     uint64(stmt.ColumnInt64(0)),
		Stream:  stmt.ColumnText(1),
		Version: uint64(stmt.ColumnInt64(2)),
		Fact: journal.Fact{
			At:      time.Unix(0, stmt.ColumnInt64(3)).UTC(),
			Kind:    stmt.ColumnText(4),
			Scope:   stmt.ColumnText(5),
			Payload: columnBytes(stmt, 6),
		},
	}
}

func columnBytes(stmt *sqlite.Stmt, col int) []byte {
	n := stmt.ColumnLen(col)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	stmt.ColumnBytes(col, b)
	return b
}
