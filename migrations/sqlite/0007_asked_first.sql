-- Whether an earlier attempt may have taken effect, although nobody saw it end well.
ALTER TABLE tasks ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
