-- Version 3: which values of a replayed request came from which answer of the target.

CREATE TABLE substitution (
  id                   INTEGER PRIMARY KEY,
  run_id               INTEGER NOT NULL REFERENCES run(id),
  exchange_id          INTEGER NOT NULL REFERENCES exchange(id),
  location             TEXT    NOT NULL,           -- in its request
  producer_exchange_id INTEGER NOT NULL REFERENCES exchange(id),
  producer_location    TEXT    NOT NULL,           -- in the answer to that one
  resolved             INTEGER NOT NULL CHECK (resolved IN (0, 1))
) STRICT;
CREATE INDEX substitution_by_exchange ON substitution(run_id, exchange_id);
CREATE INDEX substitution_by_producer ON substitution(run_id, producer_exchange_id, producer_location);
