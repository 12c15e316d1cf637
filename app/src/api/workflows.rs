//! What the pages ask about workflows.
