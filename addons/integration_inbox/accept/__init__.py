"""From a request to a message: verified, read, kept; one short transaction, no business code."""

from .accept import accept
