"""Test kit for inbound messages: an endpoint, and signed requests to it."""

from .reporting import Reporting
