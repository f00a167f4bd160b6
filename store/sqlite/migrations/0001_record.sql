-- The record: streams hold the current states, journal holds the facts in one order.
-- Where state would be first in a row, reading the short columns would pay for its overflow pages.
CREATE TABLE streams (
    id      TEXT PRIMARY KEY NOT NULL,
    kind    TEXT GENERATED ALWAYS AS (substr(id, 1, instr(id, '/') - 1)) VIRTUAL,
    version INTEGER NOT NULL CHECK (version > 0),
    open    INTEGER NOT NULL CHECK (open IN (0, 1)),
    ref     TEXT,
    holds   TEXT,
    state   BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX streams_ref ON streams (ref) WHERE ref IS NOT NULL;
CREATE UNIQUE INDEX streams_holds ON streams (holds) WHERE holds IS NOT NULL;
CREATE INDEX streams_open ON streams (id) WHERE open = 1;

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    stream  TEXT NOT NULL,
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL, -- nanoseconds since 1970, UTC
    kind    TEXT NOT NULL,
    scope   TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;

CREATE INDEX journal_stream ON journal (stream, version);
