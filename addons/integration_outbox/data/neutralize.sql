-- a copy of the database sends nothing; the addresses are remembered as those not to send to from here
UPDATE integration_subscription
   SET state = 'paused', pause_reason = 'This database is a copy', copied_url = url;
UPDATE integration_delivery SET state = 'paused' WHERE state IN ('pending', 'sending', 'retrying');
UPDATE integration_replay SET state = 'cancelled' WHERE state IN ('running', 'cancelling');
