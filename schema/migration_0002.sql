-- Version 2: who asked whom on a connection, and whether it was the plaintext of a TLS session.

ALTER TABLE connection ADD COLUMN role TEXT NOT NULL DEFAULT 'server' CHECK (role IN ('server', 'client'));
ALTER TABLE connection ADD COLUMN tls INTEGER NOT NULL DEFAULT 0 CHECK (tls IN (0, 1));
