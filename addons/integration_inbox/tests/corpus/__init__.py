"""Bad requests, one line each: what is wrong with it, the status and the problem type that answer it.

Each begins with a request that would be accepted, and changes one thing of it.
"""

from . import bodies, events, requests, senders
from .case import Case

CASES = [*requests.CASES, *bodies.CASES, *events.CASES, *senders.CASES]
