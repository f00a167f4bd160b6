-- The record: streams hold the current states, journal holds the facts in one order.
--
-- A fact points at its stream by number, not by id: numbers rise, so that the facts of the streams
-- at work now are neighbours in the index however many streams there have ever been. State is the
-- last column, so that the short ones are read without its overflow pages.
CREATE TABLE streams (
    number  INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    kind    TEXT GENERATED ALWAYS AS (substr(id, 1, instr(id, '/') - 1)) VIRTUAL,
    version INTEGER NOT NULL,
    open    INTEGER NOT NULL,
    ref     TEXT,
    holds   TEXT,
    state   BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX streams_ref ON streams (ref) WHERE ref IS NOT NULL;
CREATE UNIQUE INDEX streams_holds ON streams (holds) WHERE holds IS NOT NULL;
CREATE INDEX streams_open ON streams (id) WHERE open = 1;

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    stream  INTEGER NOT NULL REFERENCES streams (number),
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL, -- nanoseconds since 1970, UTC
    kind    TEXT NOT NULL,
    scope   TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;

CREATE INDEX journal_stream ON journal (stream, version);
