-- The id of the command that saved a version, so that a repeated one saves nothing twice. Whose id it
-- is says saved_by.
ALTER TABLE definitions ADD COLUMN command_id TEXT;

CREATE UNIQUE INDEX definitions_by_command ON definitions (saved_by, command_id)
    WHERE command_id IS NOT NULL;
