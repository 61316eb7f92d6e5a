-- Version 6: the interim responses (1xx) that a target sent before its final one: status codes, "103 103"; at most 16.

ALTER TABLE response ADD COLUMN interim TEXT NOT NULL DEFAULT '';
