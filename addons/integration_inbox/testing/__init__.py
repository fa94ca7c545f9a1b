"""The test kit of what comes in: an endpoint, and signed posts to it."""

from .reporting import Reporting
