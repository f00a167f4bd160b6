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
	held      int // bound to many
	heldBy    [factsAtOnce]heldFact
}

type heldFact struct {
	seq    uint64
	change *journal.Change
	fact   *journal.Fact
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

func (f *factInserts) add(seq uint64, c *journal.Change, fact *journal.Fact) error {
	f.heldBy[f.held] = heldFact{seq, c, fact}
	f.held++
	if f.held < factsAtOnce {
		return nil
	}
	for i := range f.heldBy {
		bindFact(f.many, i*factColumns, &f.heldBy[i])
	}
	f.drop()
	return exec(f.many)
}

func (f *factInserts) flush() error {
	defer f.drop()
	for i := range f.held {
		bindFact(f.one, 0, &f.heldBy[i])
		if err := exec(f.one); err != nil {
			return err
		}
	}
	return nil
}

func (f *factInserts) drop() {
	clear(f.heldBy[:f.held])
	f.held = 0
}

func bindFact(stmt *sqlite.Stmt, base int, h *heldFact) {
	stmt.BindInt64(base+1, int64(h.seq))
	stmt.BindText(base+2, h.change.Stream)
	stmt.BindInt64(base+3, int64(h.change.Expect+1))
	stmt.BindInt64(base+4, h.fact.At.UnixNano())
	stmt.BindText(base+5, h.fact.Kind)
	stmt.BindText(base+6, h.fact.Scope)
	stmt.BindBytes(base+7, h.fact.Payload)
}
