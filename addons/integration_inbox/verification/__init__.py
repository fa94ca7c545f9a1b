"""Who is speaking: how a request proves it. Plain Python over the raw bytes, no ORM."""

from .tokens import bearer_of
from .verify import Request, verify
