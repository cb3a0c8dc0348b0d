-- The register: records are JSON documents, never updated, only superseded; each write adds a link to the chain of its
-- organisation. TEXT and BIGINT only, so that the same statements run on SQLite and PostgreSQL.
CREATE TABLE record (
    organisation TEXT NOT NULL,
    number BIGINT NOT NULL,
    recorded_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    supersedes TEXT,
    reason TEXT,
    hash TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (organisation, number)
);

CREATE UNIQUE INDEX record_name ON record (organisation, kind, id);

CREATE TABLE audit (
    organisation TEXT NOT NULL,
    number BIGINT NOT NULL,
    recorded_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    record_hash TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (organisation, number)
);

CREATE TABLE migration (
    number BIGINT NOT NULL,
    PRIMARY KEY (number)
);

INSERT INTO migration (number) VALUES (1);
