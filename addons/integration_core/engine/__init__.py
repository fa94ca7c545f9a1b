"""One engine for everything that waits: what lanes are, and what runs them (cron, worker)."""
