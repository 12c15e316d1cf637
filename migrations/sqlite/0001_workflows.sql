-- Versions of saved definitions; a version never changes.
CREATE TABLE definitions (
    id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- With every default written out.
    body TEXT NOT NULL,
    -- To the letter, as it was sent.
    sent TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    saved_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

-- What workflows execute, each text stored once.
CREATE TABLE frozen_definitions (
    hash TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, one order: rev is the number of the last event.
CREATE TABLE workflows (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- The same in lower case, for searches: SQLite itself only knows the case of A to Z.
    name_lower TEXT NOT NULL,
    definition_id INTEGER,
    definition_version INTEGER,
    definition_hash TEXT NOT NULL REFERENCES frozen_definitions (hash),
    status TEXT NOT NULL,
    rev INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    recovering_from INTEGER,
    epoch INTEGER NOT NULL,
    recovery_attempts INTEGER NOT NULL,
    max_recovery_attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    paused_at INTEGER,
    metadata TEXT NOT NULL,
    parameters TEXT NOT NULL,
    -- The progress without tasks, for lists; kept while the workflow does not run.
    summary TEXT
) STRICT;

CREATE INDEX workflows_of_job ON workflows (job_id, id);
CREATE INDEX workflows_by_status ON workflows (status, id);
CREATE INDEX workflows_active ON workflows (id)
    WHERE status IN ('running', 'paused', 'recovering');
CREATE INDEX workflows_recoverable ON workflows (id)
    WHERE status = 'failed' AND recovery_attempts < max_recovery_attempts;

CREATE TABLE tasks (
    workflow_id INTEGER NOT NULL,
    task INTEGER NOT NULL,
    id INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    retry_count INTEGER NOT NULL,
    lost_count INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    redo INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    due_at INTEGER,
    share REAL NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    failure TEXT,
    error_message TEXT,
    skip_reason TEXT,
    output TEXT,
    PRIMARY KEY (workflow_id, task)
) STRICT, WITHOUT ROWID;

-- The intent log: a row is written before the effect begins.
CREATE TABLE attempts (
    workflow_id INTEGER NOT NULL,
    task INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (workflow_id, task, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    workflow_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workflow_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
