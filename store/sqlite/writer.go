package sqlite

import (
	"errors"
	"fmt"

	"kassa/journal"

	"zombiezen.com/go/sqlite"
)

// outcome is what a batch of a group will be told.
type outcome struct {
	receipt journal.Receipt
	err     error
}

// writer owns the one connection that writes. All its fields belong to its goroutine.
type writer struct {
	store *Store
	conn  *sqlite.Conn

	begin, commit, rollback *sqlite.Stmt
	mark, undo, unmark      *sqlite.Stmt
	insert, keep, update    *sqlite.Stmt
	taken                   *sqlite.Stmt
	heads                   heads
	facts                   factInserts

	last     uint64 // of the transaction, so far
	rows     int    // written since the last checkpoint was asked for
	outcomes []outcome
}

const (
	insertStream = `INSERT INTO streams (number, id, version, open, ref, holds, state, scope)
		VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7)`
	// An UPDATE that names open or holds writes their indexes anew even for the same value, so
	// the common change that keeps both has a statement of its own.
	keepStream   = "UPDATE streams SET version = ?2, state = ?3 WHERE number = ?1"
	updateStream = "UPDATE streams SET version = ?2, state = ?3, open = ?4, holds = ?5 WHERE number = ?1"
)

// prepare compiles the statements and finds the end of the journal.
func (w *writer) prepare() error {
	for _, p := range []struct {
		stmt **sqlite.Stmt
		text string
	}{
		{&w.begin, "BEGIN IMMEDIATE"}, {&w.commit, "COMMIT"}, {&w.rollback, "ROLLBACK"},
		{&w.mark, "SAVEPOINT batch"}, {&w.undo, "ROLLBACK TO batch"}, {&w.unmark, "RELEASE batch"},
		{&w.insert, insertStream}, {&w.keep, keepStream}, {&w.update, updateStream},
		{&w.taken, "SELECT 1 FROM streams WHERE ref = ?1"},
	} {
		stmt, err := w.conn.Prepare(p.text)
		if err != nil {
			return fmt.Errorf("sqlite: prepare: %w", err)
		}
		*p.stmt = stmt
	}
	if err := errors.Join(w.heads.prepare(w.conn), w.facts.prepare(w.conn)); err != nil {
		return err
	}
	err := query(w.conn, "SELECT coalesce(max(seq), 0) FROM journal", nil, func(stmt *sqlite.Stmt) error {
		w.last = uint64(stmt.ColumnInt64(0))
		return nil
	})
	w.store.last.Store(w.last)
	return err
}

// run is the writer's goroutine: it commits whatever waits, until the queue is closed and empty.
func (w *writer) run() {
	defer close(w.store.drained)
	var group []request
	for {
		var ok bool
		if group, ok = w.store.queue.take(group[:0]); !ok {
			return
		}
		if err := w.group(group); err != nil {
			for _, r := range group {
				r.done(journal.Receipt{}, err)
			}
		} else {
			for i, r := range group {
				r.done(w.outcomes[i].receipt, w.outcomes[i].err)
			}
		}
		clear(group)
	}
}

// group makes the batches of a group durable and fills the outcomes. An error is the whole group's.
func (w *writer) group(group []request) error {
	s := w.store
	if err := s.stopped(); err != nil {
		return err
	}
	s.turn.Lock()
	wrote, err := w.transaction(group)
	s.turn.Unlock()
	if err != nil {
		err = fmt.Errorf("sqlite: the store has stopped: %w", err)
		s.fail(err)
		return err
	}
	if wrote == 0 {
		return nil
	}
	s.last.Store(w.last)
	s.commits.Add(1)
	s.batches.Add(uint64(wrote))
	s.watch.nudge()
	if w.rows >= checkpointEvery {
		w.rows = 0
		select {
		case s.due <- struct{}{}:
		default:
		}
	}
	return nil
}

// transaction applies the batches in their order, and tells how many it has made durable.
func (w *writer) transaction(group []request) (wrote int, err error) {
	if err := exec(w.begin); err != nil {
		return 0, err
	}
	// After an error SQLite may have rolled back by itself; the connection is then not used again.
	defer func() {
		if err != nil && !w.conn.AutocommitEnabled() {
			err = errors.Join(err, exec(w.rollback))
		}
	}()
	w.outcomes = w.outcomes[:0]
	for i := range group {
		refusal := group[i].err
		if refusal == nil && len(group[i].batch) > 0 {
			if refusal, err = w.batch(group[i].batch); err != nil {
				return 0, err
			}
			if refusal == nil {
				wrote++
			}
		}
		out := outcome{err: refusal}
		if refusal == nil {
			out.receipt.Last = w.last
		}
		w.outcomes = append(w.outcomes, out)
	}
	if err := w.facts.flush(); err != nil {
		return 0, err
	}
	if wrote == 0 {
		return 0, exec(w.rollback)
	}
	return wrote, exec(w.commit)
}

// batch applies one batch. A refusal is the batch's own and leaves no trace of it; err is the
// disk's. Facts come after all changes, because nothing can refuse them.
func (w *writer) batch(b journal.Batch) (refusal, err error) {
	several := len(b) > 1 // a single statement leaves no trace when it fails
	if several {
		if err := exec(w.mark); err != nil {
			return nil, err
		}
	}
	for i := range b {
		if refusal, err = w.change(&b[i]); err != nil {
			return nil, err
		}
		if refusal != nil {
			refusal = fmt.Errorf("stream %q: %w", b[i].Stream, refusal)
			break
		}
	}
	if several {
		if refusal != nil {
			w.heads.forget(b)
			if err := exec(w.undo); err != nil {
				return nil, err
			}
		}
		if err := exec(w.unmark); err != nil {
			return nil, err
		}
	}
	if refusal != nil {
		return refusal, nil
	}
	w.rows += len(b)
	for i := range b {
		if len(b[i].Facts) == 0 {
			continue
		}
		number, err := w.heads.numberOf(b[i].Stream)
		if err != nil {
			return nil, err
		}
		for j := range b[i].Facts {
			w.last++
			w.rows++
			held := heldFact{w.last, number, b[i].Expect + 1, &b[i].Facts[j]}
			if err := w.facts.add(held); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// change writes the stream of one change, or tells which precondition failed.
func (w *writer) change(c *journal.Change) (refusal, err error) {
	was, found, err := w.heads.get(c.Stream)
	if err != nil {
		return nil, err
	}
	if found != (c.Expect > 0) || was.version != c.Expect {
		return journal.ErrConflict, nil
	}
	now := head{number: was.number, version: c.Expect + 1, open: c.Open, holds: c.Holds}
	switch {
	case !found:
		now.number = w.heads.number + 1
		w.insert.BindInt64(1, now.number)
		w.insert.BindText(2, c.Stream)
		w.insert.BindBool(3, c.Open)
		bindText(w.insert, 4, c.Ref)
		bindText(w.insert, 5, c.Holds)
		w.insert.BindBytes(6, c.State)
		bindText(w.insert, 7, c.Scope)
		err = exec(w.insert)
	case now.open == was.open && now.holds == was.holds:
		bindUpdate(w.keep, now, c.State)
		err = exec(w.keep)
	default:
		bindUpdate(w.update, now, c.State)
		w.update.BindBool(4, c.Open)
		bindText(w.update, 5, c.Holds)
		err = exec(w.update)
	}
	if err != nil {
		return w.refusal(c, err)
	}
	w.heads.number = max(w.heads.number, now.number)
	w.heads.put(c.Stream, now)
	return nil, nil
}

func bindUpdate(stmt *sqlite.Stmt, now head, state []byte) {
	stmt.BindInt64(1, now.number)
	stmt.BindInt64(2, int64(now.version))
	stmt.BindBytes(3, state)
}

// refusal turns a violated constraint into the precondition that it stands for. Which of two SQLite
// meets first is its own affair, so the reference is looked at first.
func (w *writer) refusal(c *journal.Change, failed error) (refusal, err error) {
	if sqlite.ErrCode(failed) != sqlite.ResultConstraintUnique {
		return nil, failed
	}
	if c.Expect == 0 && c.Ref != "" {
		if found, err := has(w.taken, c.Ref); found || err != nil {
			return journal.ErrTaken, err
		}
	}
	if c.Holds != "" {
		return journal.ErrHeld, nil
	}
	return nil, failed
}

// has tells whether a query with one parameter has a row.
func has(stmt *sqlite.Stmt, value string) (bool, error) {
	bindText(stmt, 1, value)
	found, err := stmt.Step()
	return found, errors.Join(err, stmt.Reset())
}

// bindText binds the empty string as NULL: here an empty name always means none.
func bindText(stmt *sqlite.Stmt, param int, value string) {
	if value == "" {
		stmt.BindNull(param)
		return
	}
	stmt.BindText(param, value)
}

// exec runs a statement that gives no rows.
func exec(stmt *sqlite.Stmt) error {
	if _, err := stmt.Step(); err != nil {
		return err // Step has reset it
	}
	return stmt.Reset()
}
