"""Canonical models: how business objects look to partners, whoever they are."""

from .base import Canonical, Inbound
from .quantity import Quantity, unit_code
from .time import UtcDatetime, utc

__all__ = ["Canonical", "Inbound", "Quantity", "UtcDatetime", "unit_code", "utc"]
