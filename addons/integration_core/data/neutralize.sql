-- a copy of the database speaks for nobody: every system is held, as one of a test environment
UPDATE integration_system SET is_held = true, environment = 'test';
-- its secrets are forgotten, the sealed ones too
UPDATE integration_credential SET state = 'revoked', sealed_secret = NULL, retires_at = NULL;
-- and so are the tokens that partners got for them
DELETE FROM integration_access_token;
-- no worker runs here
DELETE FROM integration_worker;
