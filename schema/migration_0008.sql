-- Version 8: what a replay needs to know of a connection is sorted by the reader: an index by connection was a fifth of
-- the recorder's processor time (docs/trace-format.md). Its columns are in the index by recording, which grows at its
-- right end only.

DROP INDEX exchange_by_connection;
DROP INDEX exchange_by_recording;
CREATE INDEX exchange_by_recording
  ON exchange(recording_id, id, complete, request_key, connection_id, seq, started_unix_ns, duration_ns);
