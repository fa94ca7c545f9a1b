"""Secrets at rest. Plain Python, no ORM."""
