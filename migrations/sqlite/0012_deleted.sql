-- What is kept of workflows that were deleted: who did it and why, and the numbers that are never given
-- out again, since keys of effects are made of them.
CREATE TABLE deleted_workflows (
    workflow_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    -- The highest number that a task of it had; 0 when that cannot be told.
    last_task_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    -- 1 until its log lines and what its attempts left in folders are removed as well.
    leftovers INTEGER NOT NULL
) STRICT;

CREATE INDEX deleted_with_leftovers ON deleted_workflows (workflow_id) WHERE leftovers = 1;
