package sqlite

import sqlite3 "modernc.org/sqlite/lib"

// LibraryVersion is the version of the SQLite in this program.
const LibraryVersion = sqlite3.SQLITE_VERSION
