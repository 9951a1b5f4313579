-- What somebody asks of whoever holds the lease, which takes it from here into the chain. It is no part of the chain.
CREATE TABLE request (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL
) STRICT;

-- The bodies that may be removed, since a checkpoint in the chain says so. Their hashes stay in the entries that name them.
CREATE TABLE pruned (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

DROP TRIGGER body_remains;

CREATE TRIGGER body_remains BEFORE DELETE ON body
WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE hash = OLD.hash)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
