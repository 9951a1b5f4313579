-- The chain: one row per entry, numbered from 1 without a gap. `at` counts ticks of 100 ns since 1970-01-01T00:00:00Z.
-- AUTOINCREMENT keeps the last number a second time, in sqlite_sequence: entries that vanish from the end are missed.
CREATE TABLE entry (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    previous BLOB    NOT NULL CHECK (length(previous) = 32),
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What was read before a write, whole, under the SHA-256 of its bytes. It lies beside the chain, which holds the hash.
CREATE TABLE body (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
  OR NEW.previous <> coalesce((SELECT hash FROM entry ORDER BY number DESC LIMIT 1), zeroblob(32))
BEGIN
    SELECT RAISE(ABORT, 'an entry follows the last one');
END;

CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER entry_remains BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER body_stays BEFORE UPDATE ON body
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER body_remains BEFORE DELETE ON body
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
