-- a copy of the database sends nothing
UPDATE integration_subscription SET state = 'paused';
UPDATE integration_delivery SET state = 'paused' WHERE state IN ('pending', 'sending', 'retrying');
