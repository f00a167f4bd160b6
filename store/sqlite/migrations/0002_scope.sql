-- Whose data a stream is, so that an order list of one terminal group costs what it shows and not what
-- there is. The orders that are there already have their scope in their first fact.
ALTER TABLE streams ADD COLUMN scope TEXT;

UPDATE streams SET scope = (
    SELECT journal.scope FROM journal WHERE journal.stream = streams.number ORDER BY journal.version, journal.seq LIMIT 1
) WHERE id > 'order/' AND id < 'order0';

CREATE INDEX streams_scope ON streams (scope, id) WHERE scope IS NOT NULL;
