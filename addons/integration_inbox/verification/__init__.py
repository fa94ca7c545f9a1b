"""Authentication of senders over the raw request. Plain Python, no ORM."""

from .tokens import bearer_of
from .verify import Request, verify
