package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// checkpoints copies the log into the file whenever that is due, off the path of the commits.
func (s *Store) checkpoints(conn *sqlite.Conn) {
	for {
		select {
		case <-s.due:
		case <-s.closing:
			return
		case <-s.failed:
			return
		}
		if err := s.checkpoint(conn); err != nil {
			s.fail(fmt.Errorf("sqlite: checkpoint: %w", err))
		}
	}
}

// checkpoint copies what it can beside the writer. Under load the writer is always a little ahead,
// so that the log would grow for ever: beyond walFrames it waits while that little is copied, and
// then starts the log over by itself.
func (s *Store) checkpoint(conn *sqlite.Conn) error {
	frames, err := passive(conn)
	if err != nil || frames < walFrames {
		return err
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	_, err = passive(conn)
	return err
}

// passive runs a checkpoint that waits for nobody, and tells how long the log is.
func passive(conn *sqlite.Conn) (frames int, err error) {
	err = query(conn, "PRAGMA wal_checkpoint(PASSIVE)", nil, func(stmt *sqlite.Stmt) error {
		frames = stmt.ColumnInt(1)
		return nil
	})
	return frames, err
}
