-- The attempt that a recovery with force stopped and that is not proven dead yet.
ALTER TABLE tasks ADD COLUMN superseded INTEGER;
-- How long the wait until due_at is in all, in microseconds, so that a clock set back delays it by
-- no more.
ALTER TABLE tasks ADD COLUMN wait_micros INTEGER;

-- What was answered to commands that carried an id, so that a repeated one has one effect and the
-- same answer.
CREATE TABLE commands (
    actor TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    -- What was asked: the same id with another content is refused.
    content TEXT NOT NULL,
    -- The answer, or the refusal.
    answer TEXT NOT NULL,
    PRIMARY KEY (actor, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX commands_by_time ON commands (at);
