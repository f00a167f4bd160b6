package sqlite

import (
	"fmt"
	"strings"

	"kassa/journal"

	"zombiezen.com/go/sqlite"
)

const (
	factColumns = 7
	// factsAtOnce is the number of rows of the long INSERT: running a statement costs as much as
	// writing a row or two.
	factsAtOnce = 8
)

// factInserts writes facts, several with one statement. They are held back until there are enough
// of them; flush writes the rest.
type factInserts struct {
	many, one *sqlite.Stmt
	held      int
	facts     [factsAtOnce]heldFact
}

type heldFact struct {
	seq     uint64
	stream  int64 // its number
	version uint64
	fact    *journal.Fact
}

func (f *factInserts) prepare(conn *sqlite.Conn) (err error) {
	const insert = "INSERT INTO journal (seq, stream, version, at, kind, scope, payload) VALUES "
	const row = "(?, ?, ?, ?, ?, ?, ?)"
	if f.many, err = conn.Prepare(insert + strings.Repeat(row+", ", factsAtOnce-1) + row); err != nil {
		return fmt.Errorf("sqlite: prepare: %w", err)
	}
	if f.one, err = conn.Prepare(insert + row); err != nil {
		return fmt.Errorf("sqlite: prepare: %w", err)
	}
	return nil
}

func (f *factInserts) add(fact heldFact) error {
	f.facts[f.held] = fact
	f.held++
	if f.held < factsAtOnce {
		return nil
	}
	for i := range f.facts {
		bindFact(f.many, i*factColumns, &f.facts[i])
	}
	f.drop()
	return exec(f.many)
}

func (f *factInserts) flush() error {
	defer f.drop()
	for i := range f.held {
		bindFact(f.one, 0, &f.facts[i])
		if err := exec(f.one); err != nil {
			return err
		}
	}
	return nil
}

func (f *factInserts) drop() {
	clear(f.facts[:f.held])
	f.held = 0
}

func bindFact(stmt *sqlite.Stmt, base int, h *heldFact) {
	stmt.BindInt64(base+1, int64(h.seq))
	stmt.BindInt64(base+2, h.stream)
	stmt.BindInt64(base+3, int64(h.version))
	stmt.BindInt64(base+4, h.fact.At.UnixNano())
	stmt.BindText(base+5, h.fact.Kind)
	stmt.BindText(base+6, h.fact.Scope)
	stmt.BindBytes(base+7, h.fact.Payload)
}
