-- Workflows that were put aside because a row of theirs cannot be read or moved. Their row in
-- workflows says failed; what it said before stands here.
CREATE TABLE quarantine (
    workflow_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- unreadable, unwritable, invariant or panic
    what TEXT NOT NULL,
    -- In words, for people.
    cause TEXT NOT NULL,
    -- The rows of the workflow and its tasks as JSON, to the byte: what is no text stands as
    -- {"hex": "..."}.
    kept TEXT NOT NULL
) STRICT;
