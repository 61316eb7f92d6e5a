-- Version 5: the table of what a target sent back has the name that HTTP gives it.

ALTER TABLE answer RENAME TO response;
DROP INDEX IF EXISTS answer_failed;
CREATE INDEX response_failed ON response(run_id) WHERE failure IS NOT NULL;
