def migrate(cr, version):
    """Who was told of what it had caused itself is told on; new subscriptions are not, unless asked."""
    cr.execute("UPDATE integration_subscription SET is_echoed = true")
