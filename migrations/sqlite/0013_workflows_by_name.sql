-- A search looks through the different names before it looks through workflows.
CREATE INDEX IF NOT EXISTS workflows_by_name ON workflows (name_lower);
