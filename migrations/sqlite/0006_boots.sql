-- The last starts of the engine, so that one that ends again and again with the same step under way
-- gets past it.
CREATE TABLE boots (
    -- In the order of the starts.
    number INTEGER PRIMARY KEY,
    -- A name that no other start has.
    incarnation TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    -- Whether it outlived its first minute.
    lasted INTEGER NOT NULL DEFAULT 0,
    -- Whether it was asked to stop: its end says nothing about steps.
    was_stopped INTEGER NOT NULL DEFAULT 0,
    -- The attempts that were under way when it ended, as JSON; the start after it writes them.
    left_behind TEXT
) STRICT;
