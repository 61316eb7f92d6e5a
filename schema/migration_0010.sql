-- Version 10: a recording has an id that no other one has, so that runs may be in a file of their own
-- (docs/trace-format.md, Runs files).

ALTER TABLE recording ADD COLUMN uid TEXT;  -- 32 hexadecimal digits, by chance
UPDATE recording SET uid = lower(hex(randomblob(16)));

-- The recordings of another file that the runs of this one are of. A file has these, or recordings of its own.
CREATE TABLE source_recording (
  recording_id INTEGER PRIMARY KEY,              -- in that file
  uid          TEXT NOT NULL,                    -- empty: that file is of a format without
  digest       BLOB NOT NULL CHECK (length(digest) = 32),  -- of its rows: schema/digest.h
  path         TEXT NOT NULL                     -- where that file was
) STRICT;
