-- a copy of the database accepts nothing, and answers under no address that partners know
UPDATE integration_endpoint SET active = false, token = replace(gen_random_uuid()::text, '-', '');
-- what waited to be applied belongs to the original
UPDATE integration_message
   SET state = 'dead', reason = 'This database is a copy: it waits in the original', next_attempt_at = NULL,
       lease_until = NULL, leased_by = NULL
 WHERE state IN ('received', 'processing', 'waiting', 'retrying');
