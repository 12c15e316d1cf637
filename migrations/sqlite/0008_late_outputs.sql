-- What a try gave when that came too late for its task and was used nowhere, as JSON.
ALTER TABLE attempts ADD COLUMN output TEXT;
