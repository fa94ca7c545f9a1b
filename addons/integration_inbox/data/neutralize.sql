-- a copy of the database accepts nothing
UPDATE integration_endpoint SET active = false;
