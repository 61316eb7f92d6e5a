-- Version 7: whether secrets in it are pseudonyms: 1 yes, 0 no, NULL unknown (an older version wrote it).

ALTER TABLE recording ADD COLUMN secrets_replaced INTEGER CHECK (secrets_replaced IN (0, 1));
ALTER TABLE run ADD COLUMN secrets_replaced INTEGER CHECK (secrets_replaced IN (0, 1));
