package sqlite

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// applicationID marks the file as Kassa's, "KASS" (SQLite file format, 1.3.15).
const applicationID = 0x4B415353

//go:embed migrations/*.sql
var migrations embed.FS

// migration is one numbered step of the schema; a released one never changes.
type migration struct {
	name     string // 0001_record.sql
	text     string
	checksum string
}

// listMigrations reads the steps in their order, which their names have.
func listMigrations() ([]migration, error) {
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("sqlite: migrations: %w", err)
	}
	var list []migration
	for i, file := range files {
		if !strings.HasPrefix(file.Name(), fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("sqlite: migration %q is not number %d", file.Name(), i+1)
		}
		text, err := migrations.ReadFile("migrations/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("sqlite: migrations: %w", err)
		}
		sum := sha256.Sum256(text)
		list = append(list, migration{file.Name(), string(text), hex.EncodeToString(sum[:])})
	}
	return list, nil
}

// migrate brings the schema to this release's, in one transaction, and only forward.
func migrate(conn *sqlite.Conn) (err error) {
	list, err := listMigrations()
	if err != nil {
		return err
	}
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return fmt.Errorf("sqlite: migrate: %w", err)
	}
	defer end(&err)
	applied, err := appliedMigrations(conn)
	if err != nil {
		return err
	}
	if len(applied) > len(list) {
		return fmt.Errorf("%w: it has %d migrations, the program knows %d", ErrNewerSchema, len(applied), len(list))
	}
	for i, sum := range applied {
		if sum != list[i].checksum {
			return fmt.Errorf("%w: migration %s is not the one that was applied", ErrUnsafe, list[i].name)
		}
	}
	for i, m := range list[len(applied):] {
		if err := applyMigration(conn, len(applied)+i+1, m); err != nil {
			return fmt.Errorf("sqlite: migration %s: %w", m.name, err)
		}
	}
	return nil
}

func applyMigration(conn *sqlite.Conn, number int, m migration) error {
	if err := sqlitex.ExecuteScript(conn, m.text, nil); err != nil {
		return err
	}
	return sqlitex.Execute(conn, "INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)",
		&sqlitex.ExecOptions{Args: []any{number, m.name, m.checksum}})
}

// appliedMigrations reads the checksums of the steps that the file has had; an empty file becomes
// Kassa's.
func appliedMigrations(conn *sqlite.Conn) (sums []string, err error) {
	id, err := setting(conn, "application_id")
	if err != nil {
		return nil, err
	}
	if id == "0" {
		return nil, errors.Join(
			sqlitex.Execute(conn, fmt.Sprintf("PRAGMA application_id = %d", applicationID), nil),
			sqlitex.Execute(conn, `CREATE TABLE migrations (
				number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT`, nil))
	}
	err = query(conn, "SELECT number, checksum FROM migrations ORDER BY number", nil, func(stmt *sqlite.Stmt) error {
		sums = append(sums, stmt.ColumnText(1))
		if stmt.ColumnInt(0) != len(sums) {
			return fmt.Errorf("%w: migration %d is missing", ErrUnsafe, len(sums))
		}
		return nil
	})
	return sums, err
}
