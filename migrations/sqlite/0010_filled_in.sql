-- Notes that rows of older versions were filled in from their events: what 0007 and 0008 left at its
-- default, and ends that were not quiet. The program does that first, because it folds the events
-- (runtime/src/store/sqlite_fill_in.rs).
SELECT 1;
