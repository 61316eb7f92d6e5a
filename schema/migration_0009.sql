-- Version 9: where exchanges wait, hundreds in a row, while the machine has no processor time to write a row for each
-- (docs/trace-format.md, Writing). Empty in a file that nobody writes, unless the recorder was killed.

CREATE TABLE packed_exchange (
  id   INTEGER PRIMARY KEY,
  data BLOB NOT NULL  -- exchanges as they are queued, one after the other: schema/packed.h
) STRICT;
