-- Version 4: runs that belong together: a baseline was asked the same at the same time; a recheck asked again for what
-- differed.

ALTER TABLE run ADD COLUMN baseline_run_id INTEGER REFERENCES run(id);  -- NULL: there was none
ALTER TABLE run ADD COLUMN recheck_of INTEGER REFERENCES run(id);       -- NULL: it is no recheck
CREATE INDEX run_rechecks ON run(recheck_of) WHERE recheck_of IS NOT NULL;
