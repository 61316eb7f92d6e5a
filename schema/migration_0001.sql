-- Version 1: recordings and runs. docs/trace-format.md explains every table and what must hold between them.

CREATE TABLE recording (
  id              INTEGER PRIMARY KEY,
  name            TEXT    NOT NULL,
  command         TEXT    NOT NULL,
  pid             INTEGER NOT NULL,
  host            TEXT    NOT NULL,
  version         TEXT    NOT NULL,
  options         TEXT    NOT NULL,              -- JSON object
  started_unix_ns INTEGER NOT NULL,
  ended_unix_ns   INTEGER                        -- NULL while it runs, or when the recorder was killed
) STRICT;

CREATE TABLE recording_ledger (
  recording_id INTEGER NOT NULL REFERENCES recording(id),
  key          TEXT    NOT NULL,
  count        INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  PRIMARY KEY (recording_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE connection (
  id             INTEGER PRIMARY KEY,
  recording_id   INTEGER NOT NULL REFERENCES recording(id),
  local          TEXT    NOT NULL,
  peer           TEXT    NOT NULL,
  opened_unix_ns INTEGER NOT NULL,
  open_before    INTEGER NOT NULL CHECK (open_before IN (0, 1))
) STRICT;
CREATE INDEX connection_by_recording ON connection(recording_id, local);

-- Bodies above the inline limit, one row per distinct content. sha256 is NULL only while a body is still being written.
CREATE TABLE body (
  id     INTEGER PRIMARY KEY,
  sha256 BLOB UNIQUE CHECK (sha256 IS NULL OR length(sha256) = 32),
  bytes  INTEGER NOT NULL
) STRICT;

CREATE TABLE body_part (
  id      INTEGER PRIMARY KEY,
  body_id INTEGER NOT NULL REFERENCES body(id),
  seq     INTEGER NOT NULL,
  data    BLOB    NOT NULL,
  UNIQUE (body_id, seq)
) STRICT;

-- Small columns first: a query that wants only those need not follow the overflow pages of heads and bodies.
CREATE TABLE exchange (
  id                      INTEGER PRIMARY KEY,
  recording_id            INTEGER NOT NULL REFERENCES recording(id),
  connection_id           INTEGER NOT NULL REFERENCES connection(id),
  seq                     INTEGER NOT NULL,
  started_unix_ns         INTEGER NOT NULL,
  ttfb_ns                 INTEGER,               -- NULL: no response seen
  duration_ns             INTEGER,               -- NULL: no end of a response seen
  status                  INTEGER,               -- NULL: no response seen
  complete                INTEGER NOT NULL CHECK (complete IN (0, 1)),
  request_key             INTEGER NOT NULL,      -- 64-bit hash of method, target and request body
  request_wire_bytes      INTEGER NOT NULL,
  request_captured_bytes  INTEGER NOT NULL,
  request_body_id         INTEGER REFERENCES body(id),
  response_wire_bytes     INTEGER NOT NULL,
  response_captured_bytes INTEGER NOT NULL,
  response_body_id        INTEGER REFERENCES body(id),
  method                  TEXT NOT NULL,
  target                  TEXT NOT NULL,
  notes                   TEXT NOT NULL,
  request_head            BLOB NOT NULL,
  response_head           BLOB NOT NULL,
  interim                 BLOB NOT NULL,
  request_body            BLOB,                  -- NULL when request_body_id is set
  response_body           BLOB                   -- NULL when response_body_id is set
) STRICT;
-- Indexes that grow at their right end only: one on request_key, whose values are random, cost 40 % of the write rate.
CREATE INDEX exchange_by_recording ON exchange(recording_id, id, complete, request_key);
CREATE INDEX exchange_incomplete ON exchange(recording_id) WHERE complete = 0;
-- Holds all that the plan of a replay needs to know of a connection, so that the rows need not be read for it.
CREATE INDEX exchange_by_connection ON exchange(connection_id, seq, started_unix_ns, duration_ns, recording_id);

CREATE TABLE opaque (
  id            INTEGER PRIMARY KEY,
  recording_id  INTEGER NOT NULL REFERENCES recording(id),
  connection_id INTEGER NOT NULL REFERENCES connection(id),
  from_client   INTEGER NOT NULL CHECK (from_client IN (0, 1)),
  position      INTEGER NOT NULL,
  at_unix_ns    INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  data          BLOB    NOT NULL
) STRICT;
CREATE INDEX opaque_by_connection ON opaque(connection_id, from_client, position);

CREATE TABLE run (
  id              INTEGER PRIMARY KEY,
  recording_id    INTEGER NOT NULL REFERENCES recording(id),
  target          TEXT    NOT NULL,
  options         TEXT    NOT NULL,              -- JSON object
  started_unix_ns INTEGER NOT NULL,
  ended_unix_ns   INTEGER                        -- NULL while it runs, or when the replayer was killed
) STRICT;

CREATE TABLE run_ledger (
  run_id INTEGER NOT NULL REFERENCES run(id),
  key    TEXT    NOT NULL,
  count  INTEGER NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  id                      INTEGER PRIMARY KEY,
  run_id                  INTEGER NOT NULL REFERENCES run(id),
  exchange_id             INTEGER NOT NULL REFERENCES exchange(id),
  failure                 TEXT,                  -- NULL: answered
  intended_ns             INTEGER NOT NULL,
  sent_ns                 INTEGER NOT NULL,
  ttfb_ns                 INTEGER,
  duration_ns             INTEGER,
  status                  INTEGER,
  response_wire_bytes     INTEGER NOT NULL,
  response_captured_bytes INTEGER NOT NULL,
  response_body_id        INTEGER REFERENCES body(id),
  response_head           BLOB NOT NULL,
  response_body           BLOB,
  UNIQUE (run_id, exchange_id)
) STRICT;
CREATE INDEX answer_failed ON answer(run_id) WHERE failure IS NOT NULL;
