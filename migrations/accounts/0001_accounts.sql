-- People, programs and who is signed in. A file of its own beside the engine's database, so that
-- the command line can add an account or a token whether or not the server runs.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password   TEXT NOT NULL,                          -- argon2id, in PHC form
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'editor', 'owner')),
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL
);

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,                   -- SHA-256 of the token
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'editor', 'owner')),
    created_at INTEGER NOT NULL
);

CREATE TABLE sessions (
    hash         BLOB PRIMARY KEY,                     -- SHA-256 of the id in the cookie
    account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    data         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
