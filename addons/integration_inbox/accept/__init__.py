"""Acceptance of inbound requests: verify, parse and store, without business code."""

from .accept import accept
