"""Canonical models: how business objects look to partners, whoever they are."""

from .base import Canonical, Inbound
from .time import UtcDatetime, utc

__all__ = ["Canonical", "Inbound", "UtcDatetime", "utc"]
