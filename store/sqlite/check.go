package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// safeVersion is the first SQLite without the WAL-reset bug (sqlite.org/wal.html, section 11).
const safeVersion = "3.51.3"

// connect opens one connection, sets it up and reads back what it has become.
func (s *Store) connect(mode sqlite.OpenFlags) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(s.path, mode)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	s.conns = append(s.conns, conn)
	conn.SetBusyTimeout(busyTimeout)
	if err := checkOwner(conn); err != nil {
		return nil, err
	}
	pragmas := []string{"synchronous = FULL", "foreign_keys = ON", "wal_autocheckpoint = 0"}
	if mode&sqlite.OpenReadWrite != 0 {
		pragmas = append([]string{"journal_mode = WAL"}, pragmas...)
	}
	for _, pragma := range append(pragmas, s.opts.Pragmas...) {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return nil, fmt.Errorf("%w: PRAGMA %s: %w", ErrUnsafe, pragma, err)
		}
	}
	return conn, checkSettings(conn)
}

// checkOwner refuses, before anything is written, a file that is neither Kassa's nor empty.
func checkOwner(conn *sqlite.Conn) error {
	id, err := setting(conn, "application_id")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	things := 0
	if err := query(conn, "SELECT count(*) FROM sqlite_schema", nil, func(stmt *sqlite.Stmt) error {
		things = stmt.ColumnInt(0)
		return nil
	}); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	if id != strconv.Itoa(applicationID) && (id != "0" || things > 0) {
		return fmt.Errorf("%w: the file belongs to another program", ErrUnsafe)
	}
	return nil
}

// checkSettings refuses a connection that could lose what was acknowledged. Each connection is
// asked, since most of these belong to the connection and not to the file.
func checkSettings(conn *sqlite.Conn) error {
	for _, want := range []struct{ pragma, value, why string }{
		{"journal_mode", "wal", "must be wal"},
		{"synchronous", "2", "must be FULL (2): commits since the last checkpoint are lost with the power otherwise"},
		{"foreign_keys", "1", "must be on"},
		{"wal_autocheckpoint", "0", "must be 0: the store makes its own checkpoints"},
		{"mmap_size", "0", "must be 0: an I/O error would kill the process"},
		{"locking_mode", "normal", "must be normal"},
	} {
		got, err := setting(conn, want.pragma)
		if err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("%w: %s is %s, %s", ErrUnsafe, want.pragma, got, want.why)
		}
	}
	version := ""
	if err := query(conn, "SELECT sqlite_version()", nil, func(stmt *sqlite.Stmt) error {
		version = stmt.ColumnText(0)
		return nil
	}); err != nil {
		return err
	}
	return checkVersion(version)
}

// checkVersion refuses a SQLite before safeVersion.
func checkVersion(version string) error {
	have, ok := parseVersion(version)
	want, _ := parseVersion(safeVersion)
	if !ok || have < want {
		return fmt.Errorf("%w: SQLite %q is older than %s and can damage the file (WAL-reset bug)", ErrUnsafe, version, safeVersion)
	}
	return nil
}

// parseVersion turns x.y.z into one number, as SQLITE_VERSION_NUMBER does.
func parseVersion(version string) (number int, ok bool) {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return 0, false
	}
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 999 {
			return 0, false
		}
		number = number*1000 + n
	}
	return number, true
}

// setting reads one pragma back.
func setting(conn *sqlite.Conn, pragma string) (value string, err error) {
	err = query(conn, "PRAGMA "+pragma, nil, func(stmt *sqlite.Stmt) error {
		value = stmt.ColumnText(0)
		return nil
	})
	if err == nil && value == "" && pragma == "mmap_size" {
		value = "0" // a build without mmap gives no row
	}
	return value, err
}

// checkInline checks a file that is small enough, and reports whether it was.
func (s *Store) checkInline(conn *sqlite.Conn) (done bool, err error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return false, fmt.Errorf("sqlite: open: %w", err)
	}
	if info.Size() > inlineCheckBytes {
		return false, nil
	}
	return true, quickCheck(conn)
}

// checkBeside checks a large file while the store works already; damage stops the store.
func (s *Store) checkBeside() error {
	conn, err := s.connect(sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	s.tasks.Go(func() {
		conn.SetInterrupt(s.closing)
		defer conn.SetInterrupt(nil)
		err := quickCheck(conn)
		select {
		case <-s.closing:
		default:
			if err != nil {
				s.fail(err)
			}
		}
	})
	return nil
}

// quickCheck looks for damage in the whole file.
func quickCheck(conn *sqlite.Conn) error {
	finding := ""
	err := query(conn, "PRAGMA quick_check(1)", nil, func(stmt *sqlite.Stmt) error {
		finding = stmt.ColumnText(0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: quick_check: %w", ErrUnsafe, err)
	}
	if finding != "ok" {
		return fmt.Errorf("%w: quick_check: %s", ErrUnsafe, finding)
	}
	return nil
}

// createFile makes the file when there is none, readable by its owner only; SQLite gives the log
// the same rights.
func createFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: open: %w", err)
	}
	return file.Close()
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("sqlite: open: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sqlite: sync the folder: %w", err)
	}
	return nil
}
