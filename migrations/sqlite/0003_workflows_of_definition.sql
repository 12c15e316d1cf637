-- The page of a definition lists its workflows; those with a definition of their own stay out.
CREATE INDEX workflows_of_definition ON workflows (definition_id, id)
    WHERE definition_id IS NOT NULL;
